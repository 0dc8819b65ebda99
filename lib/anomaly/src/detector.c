#include "anomaly/detector.h"

#include "board/board.h"   // board_store_read, board_store_write
#include "link/messages.h" // link_learn, link_status

#include <string.h>

static const char KEY[] = "baseline";

static uint8_t features(const anomaly_detector *d) {
    return d->config->gaussians->features;
}

void anomaly_init(anomaly_detector *d, const anomaly_config *config, const nn_model *autoencoder) {
    memset(d, 0, sizeof *d);
    d->config = config;
    d->autoencoder = autoencoder;
    d->model = nn_crc32(autoencoder->hash, (uint32_t)strlen(autoencoder->hash));
    anomaly_baseline_clear(&d->baseline, features(d), d->model);
}

// False: what was in use goes on being used.
static bool use(anomaly_detector *d) {
    const anomaly_baseline *b = &d->baseline;
    anomaly_learnt learnt;
    if (!anomaly_baseline_valid(b, features(d), d->model) || b->windows < 2u * features(d) ||
        !anomaly_baseline_modes(b, &d->config->learning, &learnt))
        return false;
    d->learnt = learnt;
    d->own = true;
    d->written = false;
    return true;
}

static bool finish(anomaly_detector *d) {
    d->wanted = 0;
    anomaly_baseline_seal(&d->baseline);
    return use(d);
}

static int32_t limited(int32_t level) {
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

static int32_t by_own_baseline(anomaly_detector *d, const int8_t *x) {
    uint32_t mode = 0;
    const int32_t above = anomaly_above(&d->learnt, features(d), x, &mode);
    d->mode = (uint8_t)mode;
    return limited(above + d->config->threshold);
}

static int32_t by_mixture(anomaly_detector *d, const int8_t *x) {
    const anomaly_gaussians *g = d->config->gaussians;
    uint32_t component = 0;
    const int32_t level = anomaly_level(anomaly_nearest(g, x, &component));
    d->blind = component >= (uint32_t)g->components - g->blind && level < d->config->threshold;
    return level;
}

static int32_t by_autoencoder(anomaly_detector *d, const int8_t *x) {
    int8_t window[ANOMALY_MAX_FEATURES]; // its place in the arena may be used again
    memcpy(window, x, features(d));
    nn_run(d->autoencoder);
    return anomaly_level(anomaly_reconstruction_distance(d->config->reconstruction, window, d->autoencoder->output));
}

static int32_t level_of(anomaly_detector *d) {
    const int8_t *x = d->autoencoder->input;
    d->blind = false;
    if (d->own) return by_own_baseline(d, x);
    return d->config->method == ANOMALY_MIXTURE ? by_mixture(d, x) : by_autoencoder(d, x);
}

void anomaly_run(anomaly_detector *d, int8_t scores[2]) {
    if (d->wanted) {
        anomaly_baseline_learn(&d->baseline, d->autoencoder->input);
        if (d->baseline.windows >= d->wanted) finish(d);
    }
    anomaly_level_scores(level_of(d), scores);
}

void anomaly_skip(anomaly_detector *d) {
    d->blind = false;
}

bool anomaly_restore(anomaly_detector *d) {
    const bool there = board_store_read(KEY, &d->baseline, sizeof d->baseline) == sizeof d->baseline;
    if (there && use(d)) return true;
    anomaly_baseline_clear(&d->baseline, features(d), d->model);
    return false;
}

static void start_afresh(anomaly_detector *d) {
    anomaly_baseline_clear(&d->baseline, features(d), d->model);
    d->own = d->written = false;
    d->wanted = 0;
}

static uint8_t begin(anomaly_detector *d, uint32_t windows) {
    if (windows < 2u * features(d) || windows > ANOMALY_MAX_WINDOWS) return LINK_BAD_ARGUMENT;
    start_afresh(d);
    d->wanted = windows;
    return LINK_OK;
}

static uint8_t stop(anomaly_detector *d) {
    return d->wanted && finish(d) ? LINK_OK : LINK_NOT_NOW;
}

static uint8_t write(anomaly_detector *d) { // windows are being added to what the host would overwrite
    if (d->wanted) return LINK_NOT_NOW;
    d->written = true;
    return LINK_OK;
}

static uint8_t keep(const anomaly_detector *d) { // what is in use
    if (!d->own || d->written) return LINK_NOT_NOW;
    return board_store_write(KEY, &d->baseline, sizeof d->baseline) == BOARD_OK ? LINK_OK : LINK_UNSUPPORTED;
}

static uint8_t forget(anomaly_detector *d) {
    uint8_t kept; // still: a board without a store has nothing to forget
    start_afresh(d);
    (void)board_store_write(KEY, NULL, 0);
    return board_store_read(KEY, &kept, sizeof kept) ? LINK_UNSUPPORTED : LINK_OK;
}

uint8_t anomaly_learn(anomaly_detector *d, uint8_t operation, uint32_t windows) {
    switch (operation) {
    case LINK_LEARN_BEGIN:
        return begin(d, windows);
    case LINK_LEARN_STOP:
        return stop(d);
    case LINK_LEARN_WRITE:
        return write(d);
    case LINK_LEARN_USE:
        if (d->wanted) return LINK_NOT_NOW;
        return use(d) ? LINK_OK : LINK_BAD_ARGUMENT;
    case LINK_LEARN_KEEP:
        return keep(d);
    case LINK_LEARN_FORGET:
        return forget(d);
    default:
        return LINK_UNKNOWN;
    }
}
