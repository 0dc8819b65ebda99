// Changes an image again and again, gives it the checksum of its bytes, and lets lib/image judge it. A changed image
// may be taken, for it may be a good one: then everything that an nn_model shows is read, and every pointer is looked
// at.
//   mutations IMAGE COUNT SEED      prints how many were taken
#include "frontend/fft.h"
#include "image/image.h"
#include "image/kernels.h"
#include "image/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const image_symbol symbols[] = {{IMAGE_FFT_128, &fft_128}, {IMAGE_FFT_512, &fft_512}};
static uint8_t arena[4096] IMAGE_ALIGNED, state[4096] IMAGE_ALIGNED, params[4096] IMAGE_ALIGNED;
static const image_firmware firmware = {
    IMAGE_ROWS(image_all_kernels), IMAGE_ROWS(symbols),  IMAGE_MEMORY(arena),
    IMAGE_MEMORY(state),           IMAGE_MEMORY(params), 1024,
};
static image shown;
static uint64_t x;
static volatile uint32_t seen; // so that no reading is left out

static uint32_t chance(uint32_t below) { // splitmix64
    uint64_t z = x += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) % below);
}

// Half of the changes go into head and tables, which are short beside the weights.
static void mutate(uint8_t *bytes, uint32_t size, uint32_t tables) {
    static const uint32_t values[] = {0,          1,          4,          0xFFFFFFFF, 0x7FFFFFFF, 0x80000000,
                                      0x20000000, 0x3FFFFFFF, 0x40000000, 0x5FFFFFF8, 0x60000000, 0xA0000003};
    for (uint32_t changes = 1 + chance(3); changes; changes--) {
        const uint32_t at = chance(chance(4) ? tables : size);
        uint32_t value;
        switch (chance(4)) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << chance(8));
            break;
        case 1:
            bytes[at] = (uint8_t)chance(256);
            break;
        case 2: // a word that means something
            value = values[chance(sizeof values / sizeof values[0])];
            memcpy(bytes + (at & ~3u), &value, 4);
            break;
        default: // a word of the image at another place
            memcpy(&value, bytes + (chance(tables) & ~3u), 4);
            value += chance(17) - 8;
            memcpy(bytes + (at & ~3u), &value, 4);
            break;
        }
    }
}

static void read_text(const char *text) {
    seen += (uint32_t)strlen(text);
}

static void read_tensor(const int8_t *data, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) seen += (uint8_t)data[i];
}

static void read_all(void) {
    const nn_model *model = image_model(&shown);
    read_text(model->name);
    read_text(model->hash);
    read_text(model->data_hash);
    read_tensor(model->input, model->input_size);
    read_tensor(model->output, model->output_size);
    for (uint32_t i = 0; i < model->classes; i++) read_text(model->label[i]);
    for (uint32_t i = 0; i < model->layers; i++) {
        read_text(model->layer[i].name);
        read_tensor(model->layer[i].data, model->layer[i].size);
    }
    if (model->reset) model->reset();
    const nn_stream *stream = image_stream(&shown);
    if (stream) {
        seen += *stream->steps;
        for (uint32_t i = 0; i < model->layers; i++) seen += stream->first[i];
    }
    const spotter_config *spotter = (const spotter_config *)image_settings(&shown, IMAGE_spotter_config);
    if (spotter && spotter->voice && spotter->gate) seen += spotter->voice->rise + spotter->gate->hold;
    const decide_config *decide = (const decide_config *)image_settings(&shown, IMAGE_decide_config);
    if (decide && decide->threshold) seen += decide->threshold[0];
}

int main(int argc, char **argv) {
    FILE *file = fopen(argv[1], "rb");
    if (argc != 4 || !file) return 2;
    fseek(file, 0, SEEK_END);
    const uint32_t size = (uint32_t)ftell(file);
    uint8_t *good = malloc(size), *bytes = malloc(size); // of exactly that size: the sanitizer sees the byte behind
    rewind(file);
    if (fread(good, 1, size, file) != size) return 2;
    image_refusal why;
    if (!image_open(&shown, good, size, &firmware, &why)) return 3;
    uint32_t data_at;
    memcpy(&data_at, good + 92, 4); // all sections before the weights: image_head.data.at
    x = strtoull(argv[3], NULL, 10);
    unsigned long taken = 0, count = strtoul(argv[2], NULL, 10);
    for (unsigned long i = 0; i < count; i++) {
        memcpy(bytes, good, size);
        mutate(bytes, size, data_at);
        const bool same = memcmp(bytes, good, size) == 0;
        if (!same && memcmp(bytes + 16, good + 16, size - 16) != 0 && memcmp(bytes + 8, good + 8, 8) == 0 &&
            image_check(bytes, size, &firmware, &why)) {
            printf("taken with the checksum of other bytes: %lu\n", i);
            return 1;
        }
        uint32_t stated;
        memcpy(&stated, bytes + 8, 4);
        const uint32_t crc = nn_crc32(bytes + 16, (stated <= size && stated >= 16 ? stated : size) - 16);
        memcpy(bytes + 12, &crc, 4);
        if (!image_open(&shown, bytes, size, &firmware, &why)) continue;
        taken++;
        read_all();
    }
    free(good);
    free(bytes);
    fclose(file);
    printf("%lu of %lu taken\n", taken, count);
    return 0;
}
