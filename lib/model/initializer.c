/* SPDX-License-Identifier: MIT */
/* Laws of the starting weights. A law is a shape (uniform or normal) and one number, its half width or its standard
 * deviation, taken from the fans. Standard draws are made first and scaled in a second pass: start-up is no place to
 * save a pass, and element i stays the same draw whatever the law. */
#include <math.h>
#include <model/layer_impl.h>
#include <string.h>
#include <tensor/kernels_impl.h>

typedef struct egm__law {
	const char *name;
	int normal;
	double numerator; /* spread = sqrt(numerator / (in * fan_in + out * fan_out)) */
	int in, out;
} egm__law;

/* In the order of EGM_INIT_*, from 1. The spread of dcgan_normal and zeros does not depend on the fans. */
static const egm__law laws[] = {
    [EGM_INIT_FAN_IN_UNIFORM] = {"fan_in_uniform", 0, 1, 1, 0},
    [EGM_INIT_GLOROT_UNIFORM] = {"glorot_uniform", 0, 6, 1, 1},
    [EGM_INIT_GLOROT_NORMAL] = {"glorot_normal", 1, 2, 1, 1},
    [EGM_INIT_HE_UNIFORM] = {"he_uniform", 0, 6, 1, 0},
    [EGM_INIT_HE_NORMAL] = {"he_normal", 1, 2, 1, 0},
    [EGM_INIT_LECUN_NORMAL] = {"lecun_normal", 1, 1, 1, 0},
    [EGM_INIT_DCGAN_NORMAL] = {"dcgan_normal", 1, 0.02 * 0.02, 0, 0},
    [EGM_INIT_ZEROS] = {"zeros", 0, 0, 0, 0},
};
enum { N_LAWS = sizeof laws / sizeof laws[0] };

const char *egm__initializer_name(int32_t initializer)
{
	return initializer < 1 || initializer >= N_LAWS ? NULL : laws[initializer].name;
}

int32_t egm__initializer_find(const char *name)
{
	for (int32_t i = 1; i < N_LAWS; i++)
		if (!strcmp(laws[i].name, name)) return i;
	return 0;
}

static double law_spread(const egm__law *law, int64_t fan_in, int64_t fan_out)
{
	double fans = law->in * (double)fan_in + law->out * (double)fan_out;
	return sqrt(law->numerator / (fans > 0 ? fans : 1));
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
	const egm__law *law = &laws[initializer];
	double spread = law_spread(law, fan_in, fan_out);
	if (spread > 0)
		draw(law->normal, spread, context, dtype, rng, values, count);
	else
		egm__initialize_constant(0, context, dtype, values, count);
}

void egm__initialize_bias(int32_t initializer, int64_t fan_in, egm_context *context, egm_dtype dtype,
                          const egm__rng *rng, void *values, int64_t count)
{
	if (initializer == EGM_INIT_FAN_IN_UNIFORM)
		draw(0, law_spread(&laws[initializer], fan_in, 0), context, dtype, rng, values, count);
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
