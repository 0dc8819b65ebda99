#include "mlperf/mlperf.h"

#include "board/board.h"
#include "buffer.h"
#include "lines.h"
#include "tensors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define END     '%'
#define MARK_US 10 // how long a falling edge stays low: the protocol asks for 1 us and more

static const mlperf_config *config;
static char command[MLPERF_COMMAND];
static uint32_t length;
static bool too_long;

static void timestamp(void) {
#if MLPERF_ENERGY
    const uint32_t start = board_micros();
    board_mark(false);
    while (board_micros() - start < MARK_US) {
    }
    board_mark(true);
#else
    put_text("m-lap-us-");
    put_number(board_micros());
    put_text("\r\n");
#endif
}

static void results(void) {
    put_text("m-results-[");
    if (config->result == MLPERF_ERROR) {
        put_thousandths(squared_error(config));
    } else {
        for (uint32_t i = 0; i < config->model->output_size; i++) {
            if (i) put_text(",");
            put_thousandths(output_value(config, i));
        }
    }
    put_text("]\r\n");
}

static void run(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        fill_input(config); // the arena reuses its place
        nn_run(config->model);
    }
}

static void counted_line(const char *what, uint32_t count) {
    put_text(what);
    put_number(count);
    put_text("\r\n");
}

static void infer(const char *counts, const char *warmups) {
    const uint32_t times = counts ? (uint32_t)strtoul(counts, NULL, 10) : 1;
    const uint32_t warm = warmups ? (uint32_t)strtoul(warmups, NULL, 10) : MLPERF_WARMUPS;
    if (config->model->reset) config->model->reset();
    counted_line("m-warmup-start-", warm);
    run(warm);
    put_text("m-warmup-done\r\n");
    counted_line("m-infer-start-", times);
    timestamp();
    run(times);
    timestamp();
    put_text("m-infer-done\r\n");
    results();
}

static void bracketed(const char *what, const char *text) {
    put_text(what);
    put_text("[");
    put_text(text);
    put_text("]\r\n");
}

static void help(void) {
    put_text("ULPMark for tinyML Firmware V0.0.1\r\n"
             "help, name, profile, timestamp, results\r\n"
             "db load N, db HH[HH]*, db print [N=16] [offset=0]\r\n"
             "infer N [W=10]\r\n");
}

static void obey(char **words) {
    if (!strcmp(words[0], "name")) return bracketed("m-name-dut-", config->vendor);
    if (!strcmp(words[0], "profile")) {
        bracketed("m-profile-", "ULPMark for tinyML Firmware V0.0.1");
        return bracketed("m-model-", config->id);
    }
    if (!strcmp(words[0], "timestamp")) return timestamp();
    if (!strcmp(words[0], "db")) return buffer_command(config, words + 1);
    if (!strcmp(words[0], "infer")) return infer(words[1], words[1] ? words[2] : NULL);
    if (!strcmp(words[0], "results")) return results();
    if (!strcmp(words[0], "help")) return help();
    put_error("Unknown command: ", words[0]);
}

static void ready(void) {
    put_text("m-ready\r\n");
}

static void end_of_command(void) {
    char *words[5] = {command, NULL, NULL, NULL, NULL}; // four, and an end
    command[length] = 0;
    for (uint32_t i = 0, word = 0; i < length; i++)
        if (command[i] == ' ' && word < 3) {
            command[i] = 0;
            words[++word] = command + i + 1;
        }
    if (too_long)
        put_error("Command longer than the buffer", "");
    else
        obey(words);
    length = 0;
    too_long = false;
    ready();
}

void mlperf_init(const mlperf_config *asked) {
    config = asked;
    length = 0;
    buffer_clear();
    board_mark(true);
    put_text(MLPERF_ENERGY ? "m-timestamp-mode-energy\r\n" : "m-timestamp-mode-performance\r\n");
    if (!MLPERF_ENERGY) timestamp();
    put_text("m-init-done\r\n");
    ready();
}

void mlperf_poll(void) {
    uint8_t byte;
    while (board_console_read(&byte, 1)) {
        if (byte == END)
            end_of_command();
        else if (length + 1 < sizeof command)
            command[length++] = (char)byte;
        else
            too_long = true;
    }
}
