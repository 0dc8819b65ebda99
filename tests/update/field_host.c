#include "field_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/fft.h"

static uint8_t arena[4096] IMAGE_ALIGNED, state[4096] IMAGE_ALIGNED, params[4096] IMAGE_ALIGNED;
static const image_symbol transforms[] = {{IMAGE_FFT_128, &fft_128}, {IMAGE_FFT_512, &fft_512}};
static const image_firmware room = {
    IMAGE_ROWS(image_all_kernels), IMAGE_ROWS(transforms), IMAGE_MEMORY(arena),
    IMAGE_MEMORY(state),           IMAGE_MEMORY(params),   1024,
};
static service_config service;
static const nn_model *in_use;
static uint32_t now_us;
uint8_t host_answer[SERVICE_UPDATE_ANSWER];
bool board_ended;

// What lib/field calls of the board and of the service.
uint32_t board_micros(void) {
    return now_us;
}
board_reset_cause board_reset_reason(void) {
    return BOARD_RESET_POWER;
}
void board_reset(void) {}
void service_renew(void) {}
void service_end_with(void (*last)(void)) {
    board_ended = last == board_reset;
}

void require(bool right, const char *what) {
    if (right) return;
    printf("%s (phase %u, confirmed %u, counter %u, reason %u, operation %u)\n", what, field.slots.state.phase,
           field.slots.state.confirmed, field.slots.state.counter, field.slots.state.reason, nor_operations);
    exit(1);
}

static bool use(const field_model *given) {
    in_use = FIELD_MODEL(given, NULL);
    service.model = in_use;
    return true;
}

const nn_model *board_model(void) {
    return in_use;
}

void board_start(void) {
    memset(&field, 0, sizeof field);
    service.app = FIELD_APP;
    field_start(&service, &room, use);
}

uint8_t host_says(uint8_t command, const uint8_t *args, size_t size) {
    size_t answered = 0;
    service.updates->poll();
    const uint8_t status = service.updates->run(command, args, size, host_answer, &answered);
    require(answered <= sizeof host_answer, "an answer fits");
    return status;
}

uint8_t *bytes_read(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    require(file, path);
    fseek(file, 0, SEEK_END);
    *size = (uint32_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    require(fread(bytes, 1, *size, file) == *size, path);
    fclose(file);
    return bytes;
}

void service_polls(void) {
    service.updates->poll();
}

update_file file_read(const char *path) {
    uint32_t size;
    update_file f = {bytes_read(path, &size), 0, NULL, NULL, 0};
    f.manifest = f.bytes + 6;
    f.signed_size = f.bytes[4] + 256u * f.bytes[5] + UPDATE_SIGNATURE;
    f.payload = f.manifest + f.signed_size;
    f.payload_size = size - 6 - f.signed_size;
    return f;
}

void file_digest(const update_file *file, uint8_t digest[UPDATE_DIGEST]) {
    update_manifest m;
    require(update_manifest_read(&m, file->manifest, file->signed_size - UPDATE_SIGNATURE) == 0, "is read");
    memcpy(digest, m.value[UPDATE_FIELD_DIGEST].bytes, UPDATE_DIGEST);
}

uint8_t host_announces(const update_file *file) {
    uint8_t args[2 + FILE_PART];
    for (uint32_t at = 0; at < file->signed_size; at += FILE_PART) {
        const uint32_t left = file->signed_size - at, size = left < FILE_PART ? left : FILE_PART;
        args[0] = (uint8_t)at;
        args[1] = (uint8_t)(at >> 8);
        memcpy(args + 2, file->manifest + at, size);
        const uint8_t status = host_says(LINK_UPDATE_MANIFEST, args, 2 + size);
        if (status != LINK_OK) return status;
    }
    return host_says(LINK_UPDATE_BEGIN, (const uint8_t[]){FILE_BLOCK, 0}, 2);
}

uint8_t host_sends(const update_file *file) {
    uint8_t args[4 + FILE_BLOCK] = {0};
    const uint32_t count = (file->payload_size + FILE_BLOCK - 1) / FILE_BLOCK, start = nor_chance(count);
    for (uint32_t i = 0; i < count; i++) { // in another order each time: from a chosen one, round to it
        const uint32_t number = (start + i) % count, at = number * FILE_BLOCK, left = file->payload_size - at;
        if (update_has_block(field.sent, number)) continue;
        const uint32_t size = left < FILE_BLOCK ? left : FILE_BLOCK;
        args[0] = (uint8_t)number;
        args[1] = (uint8_t)(number >> 8);
        memcpy(args + 4, file->payload + at, size);
        const uint8_t status = host_says(LINK_UPDATE_BLOCK, args, 4 + size);
        if (status != LINK_OK) return status;
    }
    return LINK_OK;
}

void board_window(bool late) {
    now_us += 2000000;
    service.updates->window(now_us, late);
}

uint8_t host_ends(void) {
    for (int window = 0; window < 8 && host_says(LINK_UPDATE_CONFIRM, NULL, 0) == LINK_REFUSED; window++) {
        if (host_answer[0] != LINK_REFUSAL_TRIAL) return LINK_REFUSED;
        board_window(false);
    }
    return field.sent->state.phase == UPDATE_IDLE ? LINK_OK : LINK_REFUSED;
}

void host_delivers(const update_file *file) {
    require(host_announces(file) == LINK_OK, "the manifest is taken");
    require(host_sends(file) == LINK_OK, "the blocks are taken");
    require(host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK, "the image is tried");
    require(host_ends() == LINK_OK, "the image is confirmed");
}
