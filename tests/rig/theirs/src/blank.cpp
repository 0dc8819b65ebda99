int main() {
    for (;;) __asm__("wfi");
}
