// The exercise on this computer, with every check that the compiler has.
#include "exercise.h"

#include <stdio.h>

int main(void) {
    printf("checksum %08lx\n", (unsigned long)exercise());
    return 0;
}
