#include "mlperf/mlperf.h"

#include "board/board.h"
#include "buffer.h"
#include "layers.h"
#include "lines.h"
#include "tensors.h"

#include <stdbool.h>
#include <string.h>

#define END         '%'
#define MARK_US     100    // how long the pin stays low: the protocol asks for 1 us, meters take a sample every 10
#define GREETING_US 100000 // that a line of the greeting waits for a host on USB
#define WORDS       4      // of a command; those behind are not looked at

static const mlperf_config *config;
static char command[MLPERF_COMMAND + 1];
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
        memcpy(config->model->input, config->loaded, config->model->input_size); // the arena reuses its place
        nn_run(config->model);
    }
}

static void counted_line(const char *what, uint32_t count) {
    put_text(what);
    put_number(count);
    put_text("\r\n");
}

static void infer(uint32_t times, uint32_t warmups) {
    load_input(config);
    if (config->model->reset) config->model->reset();
    counted_line("m-warmup-start-", warmups);
    run(warmups);
    put_text("m-warmup-done\r\n");
    counted_line("m-infer-start-", times);
    timestamp();
    run(times);
    timestamp();
    put_text("m-infer-done\r\n");
    results();
}

static void infer_command(char **words) {
    uint32_t times = 1, warmups = MLPERF_WARMUPS;
    if (words[0] && (!whole_number(words[0], &times) || !times))
        return put_error("Inference iterations must be >0", "");
    if (words[0] && words[1] && !whole_number(words[1], &warmups)) return put_error("Inference warmup must be >=0", "");
    if (buffer_loaded() != config->buffer_size)
        return put_limit("Input db has ", buffer_loaded(), " bytes, expected ", config->buffer_size);
    infer(times, warmups);
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
             "infer N [W=10]\r\n"
             "model, layer N\r\n");
}

static void obey(char **words) {
    if (!strcmp(words[0], "name")) return bracketed("m-name-dut-", config->vendor);
    if (!strcmp(words[0], "profile")) {
        bracketed("m-profile-", "ULPMark for tinyML Firmware V0.0.1");
        return bracketed("m-model-", config->id);
    }
    if (!strcmp(words[0], "timestamp")) return timestamp();
    if (!strcmp(words[0], "db")) return buffer_command(config, words + 1);
    if (!strcmp(words[0], "infer")) return infer_command(words + 1);
    if (!strcmp(words[0], "results")) return results();
    if (!strcmp(words[0], "model")) return model_command(config);
    if (!strcmp(words[0], "layer")) return layer_command(config, words[1]);
    if (!strcmp(words[0], "help")) return help();
    put_error("Unknown command: ", words[0]);
}

static void ready(void) {
    put_text("m-ready\r\n");
}

static void split(char **words) { // as many as there are; the others stay what they were
    uint32_t count = 0;
    for (char *at = command; *at && count < WORDS;) {
        while (*at == ' ') at++;
        if (*at) words[count++] = at;
        while (*at && *at != ' ') at++;
        if (*at) *at++ = 0;
    }
}

static void end_of_command(void) {
    char *words[WORDS + 1] = {command + length, NULL}; // without a word in it, the first is empty
    command[length] = 0;
    split(words);
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
    too_long = false;
    board_mark(true);
    put_patience(GREETING_US); // said to nobody, it must not answer the first command
    put_text(MLPERF_ENERGY ? "m-timestamp-mode-energy\r\n" : "m-timestamp-mode-performance\r\n");
    timestamp(); // at the start too, as the reference firmware does
    put_text("m-init-done\r\n");
    ready();
    put_patience(0);
}

void mlperf_poll(void) {
    uint8_t byte;
    while (board_console_read(&byte, 1)) {
        if (byte == END)
            end_of_command();
        else if (length < MLPERF_COMMAND)
            command[length++] = (char)byte;
        else
            too_long = true;
    }
}
