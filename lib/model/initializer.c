/* SPDX-License-Identifier: MIT */
/* Starting values. A distribution of weights is a shape (uniform or normal) and a spread (half width or standard
 * deviation) that follows from the fans. Standard draws are scaled in a second pass, so that element i is the same draw
 * for every distribution. */
#include <math.h>
#include <model/layer_impl.h>
#include <string.h>
#include <tensor/kernels_impl.h>

typedef struct distribution {
	const char *name;
	int normal;
	double numerator; /* spread = sqrt(numerator / (in * fan_in + out * fan_out)) */
	int in, out;
} distribution;

/* In the order of EGM_INIT_*, from 1. The spread of dcgan_normal and zeros does not depend on the fans. */
static const distribution distributions[] = {
    [EGM_INIT_FAN_IN_UNIFORM] = {"fan_in_uniform", 0, 1, 1, 0},
    [EGM_INIT_GLOROT_UNIFORM] = {"glorot_uniform", 0, 6, 1, 1},
    [EGM_INIT_GLOROT_NORMAL] = {"glorot_normal", 1, 2, 1, 1},
    [EGM_INIT_HE_UNIFORM] = {"he_uniform", 0, 6, 1, 0},
    [EGM_INIT_HE_NORMAL] = {"he_normal", 1, 2, 1, 0},
    [EGM_INIT_LECUN_NORMAL] = {"lecun_normal", 1, 1, 1, 0},
    [EGM_INIT_DCGAN_NORMAL] = {"dcgan_normal", 1, 0.02 * 0.02, 0, 0},
    [EGM_INIT_ZEROS] = {"zeros", 0, 0, 0, 0},
};
enum { N_DISTRIBUTIONS = sizeof distributions / sizeof distributions[0] };

const char *egm__initializer_name(int32_t initializer)
{
	return initializer < 1 || initializer >= N_DISTRIBUTIONS ? NULL : distributions[initializer].name;
}

int32_t egm__initializer_find(const char *name)
{
	for (int32_t i = 1; i < N_DISTRIBUTIONS; i++)
		if (!strcmp(distributions[i].name, name)) return i;
	return 0;
}

static double spread_of(const distribution *d, int64_t fan_in, int64_t fan_out)
{
	double fans = d->in * (double)fan_in + d->out * (double)fan_out;
	return sqrt(d->numerator / (fans > 0 ? fans : 1));
}

void egm__initialize_constant(double value, egm_context *context, egm_dtype dtype, void *values, int64_t count)
{
	const double c[3] = {value, 0, 0};
	egm__kernels_get(context->simd, dtype)->tile[EGM__TILE_FILL](count, values, NULL, NULL, c);
}

static void draw(int normal, double spread, egm_context *context, egm_dtype dtype, const egm__rng *rng, void *values,
                 int64_t count)
{
	const egm__kernels *kernels = egm__kernels_get(context->simd, dtype);
	const double to_normal[3] = {spread, 0, 0}, to_uniform[3] = {2 * spread, -spread, 0};
	if (normal)
		kernels->normal(count, values, rng, 0);
	else
		kernels->uniform(count, values, rng, 0);
	kernels->tile[EGM__TILE_AFFINE](count, values, values, NULL, normal ? to_normal : to_uniform);
}

void egm__initialize_weight(int32_t initializer, int64_t fan_in, int64_t fan_out, egm_context *context, egm_dtype dtype,
                            const egm__rng *rng, void *values, int64_t count)
{
	const distribution *d = &distributions[initializer];
	double spread = spread_of(d, fan_in, fan_out);
	if (spread > 0)
		draw(d->normal, spread, context, dtype, rng, values, count);
	else
		egm__initialize_constant(0, context, dtype, values, count);
}

void egm__initialize_bias(int32_t initializer, int64_t fan_in, egm_context *context, egm_dtype dtype,
                          const egm__rng *rng, void *values, int64_t count)
{
	if (initializer == EGM_INIT_FAN_IN_UNIFORM)
		draw(0, spread_of(&distributions[initializer], fan_in, 0), context, dtype, rng, values, count);
	else
		egm__initialize_constant(0, context, dtype, values, count);
}

void egm__model_draw(egm_model *model, int32_t tensor, uint64_t seed)
{
	const egm__tensor *t = &model->tensors[tensor];
	const egm__layer *layer = &model->layers[t->layer];
	egm__rng rng = {.seed = seed, .step = (uint64_t)tensor, .stream = EGM__STREAM_INIT};
	layer->kind->initialize(layer, tensor - layer->first_tensor, model->context, model->dtype, &rng,
	                        egm__tensor_values(model, t), t->count);
	model->version++;
}
