#include "anomaly/detector.h"

#include <string.h>

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

bool anomaly_use(anomaly_detector *d) {
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

void anomaly_forget(anomaly_detector *d) {
    anomaly_baseline_clear(&d->baseline, features(d), d->model);
    d->own = d->written = false;
    d->wanted = 0;
}

bool anomaly_begin(anomaly_detector *d, uint32_t windows) {
    if (windows < 2u * features(d) || windows > ANOMALY_MAX_WINDOWS) return false;
    anomaly_forget(d);
    d->wanted = windows;
    return true;
}

bool anomaly_finish(anomaly_detector *d) {
    if (!d->wanted) return false;
    d->wanted = 0;
    anomaly_baseline_seal(&d->baseline);
    return anomaly_use(d);
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
        if (d->baseline.windows >= d->wanted) anomaly_finish(d);
    }
    anomaly_level_scores(level_of(d), scores);
}

void anomaly_skip(anomaly_detector *d) {
    d->blind = false;
}
