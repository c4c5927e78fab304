/* SPDX-License-Identifier: MIT */
/* Handles that are used by a callback of their own call. Each public function with such a handle either fails with
 * EGM_ERR_STATE and changes nothing, or is safe and does what it says. own_callback_names.sh finds functions that
 * are missing here. */
#include "any_kernel.h"
#include "pair_fixture.h"
#include <egm/metric.h>
#include <egm/mixture.h>
#include <math.h>

enum { DIMS = 2, CHAINS = 3, DRAWS = 4 };

/* ---- a sampler */

/* N(0, I) whose energy uses the sampler that waits for it. */
typedef struct own {
	egm_sampler *sampler;
	egm_target *target;
	const char *path;
	int in_progress; /* the sampler asks the progress callback, and not the energy */
	int uses;        /* how often it is still to use the handle */
	int frees;
	long calls;
} own;

#define REJECTED(call)                                                                                 \
	do {                                                                                               \
		egm_status st_ = (call);                                                                       \
		ck_assert_msg(st_ == EGM_ERR_STATE, "%s: %s", #call, egm_status_name(st_));                    \
		ck_assert_msg(!strncmp(egm_last_error(), #call, strcspn(#call, "(")), "%s", egm_last_error()); \
	} while (0)

static void use_sampler(const own *o)
{
	double points[CHAINS * DIMS] = {0}, scale[DIMS];
	char bytes[16] = {0};
	size_t needed = 0;
	egm_sampler *s = o->sampler;
	egm_sampler_statistics stats = EGM_SAMPLER_STATISTICS_INIT;
	ck_assert(egm_sampler_chains(s) == CHAINS && egm_sampler_dims(s) == DIMS && egm_sampler_dtype(s) == EGM_F64);
	REJECTED(egm_sampler_run(s, 1, 1, draws_out(s, 1, points), egm_no_out(), NULL, NULL));
	REJECTED(egm_sampler_warmup(s, 20, NULL, NULL));
	REJECTED(egm_sampler_set_points(s, points_in(s, EGM_F64, points)));
	REJECTED(egm_sampler_restore(s, o->path, NULL));
	REJECTED(egm_sampler_restore_memory(s, bytes, sizeof bytes, NULL));
	if (o->in_progress) {
		OK(egm_sampler_points(s, points_out(s, EGM_F64, points)));
		OK(egm_sampler_stats(s, 0, &stats));
		OK(egm_sampler_scale(s, 0, egm_f64_out(scale, egm_sampler_dims(s), 1)));
		OK(egm_sampler_save(s, o->path));
		OK(egm_sampler_save_memory(s, NULL, 0, &needed));
		ck_assert_uint_gt(needed, sizeof points);
		return;
	}
	REJECTED(egm_sampler_points(s, points_out(s, EGM_F64, points)));
	REJECTED(egm_sampler_stats(s, 0, &stats));
	REJECTED(egm_sampler_scale(s, 0, egm_f64_out(scale, egm_sampler_dims(s), 1)));
	REJECTED(egm_sampler_save(s, o->path));
	REJECTED(egm_sampler_save_memory(s, NULL, 0, &needed));
}

static int normal_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	own *o = user;
	const double *at = x;
	o->calls++;
	if (o->uses && o->sampler && !o->in_progress) {
		o->uses--;
		use_sampler(o);
	}
	if (o->frees && o->sampler && !o->in_progress) {
		egm_sampler_free(o->sampler);
		o->frees = 0;
	}
	for (int64_t i = 0; i < rows; i++) {
		((double *)energies)[i] = (at[2 * i] * at[2 * i] + at[2 * i + 1] * at[2 * i + 1]) / 2;
		memcpy((double *)gradients + 2 * i, at + 2 * i, 2 * sizeof(double));
	}
	return 0;
}

static int in_progress(const egm_progress *p, void *user)
{
	own *o = user;
	(void)p;
	if (o->uses) use_sampler(o);
	if (o->frees) egm_sampler_free(o->sampler);
	o->frees = 0;
	return 0;
}

static void open_sampler(own *o, int32_t threads)
{
	any_kernel_options options;
	egm_context *context = egm_test_context_on(threads, EGM_SIMD_AUTO);
	OK(egm_target_callback(&o->target, context, EGM_F64, DIMS, NULL, normal_energy, o, NULL));
	OK(any_kernel_init(&options, ANY_HMC));
	options.chains = CHAINS;
	OK(any_kernel_sampler(&o->sampler, o->target, &options));
	egm_context_free(context);
}

/* The draws are those of a sampler that is left alone. _i: which callback; run or warm-up */
START_TEST(test_own__a_sampler_in_its_own_callback)
{
	double expected[DRAWS * CHAINS * DIMS], draws[DRAWS * CHAINS * DIMS];
	char path[] = "/tmp/egm-own-XXXXXX";
	int file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	close(file);
	for (int use = 0; use < 2; use++) {
		own o = {.path = path, .in_progress = _i % 2};
		open_sampler(&o, 2);
		egm_progress_fn progress = o.in_progress ? in_progress : NULL;
		OK(egm_sampler_save(o.sampler, path));
		o.uses = use ? 1000 : 0;
		if (_i / 2) OK(egm_sampler_warmup(o.sampler, 30, progress, &o));
		OK(egm_sampler_run(o.sampler, DRAWS, 2, draws_out(o.sampler, DRAWS, use ? draws : expected), egm_no_out(),
		                   progress, &o));
		OK(egm_sampler_points(o.sampler, points_out(o.sampler, EGM_F64, draws + (DRAWS - 1) * CHAINS * DIMS)));
		o.uses = 0;
		egm_sampler_free(o.sampler);
		egm_target_free(o.target);
	}
	ck_assert_mem_eq(draws, expected, sizeof draws);
	remove(path);
}
END_TEST

/* The call ends as if nothing had happened, and then the handle is gone: the sanitizer looks. _i: as above */
START_TEST(test_own__a_sampler_is_freed_in_its_own_callback)
{
	double draws[DRAWS * CHAINS * DIMS];
	own o = {.in_progress = _i % 2};
	open_sampler(&o, 1);
	egm_progress_fn progress = o.in_progress ? in_progress : NULL;
	o.frees = 1;
	OK(_i / 2 ? egm_sampler_warmup(o.sampler, 30, progress, &o)
	          : egm_sampler_run(o.sampler, DRAWS, 2, draws_out(o.sampler, DRAWS, draws), egm_no_out(), progress, &o));
	ck_assert_int_eq(o.frees, 0);
	egm_target_free(o.target);
}
END_TEST

/* ---- a target */

static int free_in_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	own *o = user;
	double inside[DIMS] = {1, 1}, energy, gradient[DIMS];
	if (!o->calls++) {
		ck_assert_int_eq(egm_target_dims(o->target), DIMS);
		ck_assert_int_eq(egm_target_dtype(o->target), EGM_F64);
		OK(egm_target_evaluate(o->target, egm_f64(inside, 1, egm_target_dims(o->target)), egm_f64_out(&energy, 1, 1),
		                       egm_f64_out(gradient, 1, egm_target_dims(o->target)))); /* a call in the call */
		ck_assert(energy == 1 && gradient[1] == 1);
		egm_target_free(o->target);
	}
	return normal_energy(rows, x, energies, gradients, user);
}

static int free_in_ais(const egm_progress *p, void *user)
{
	own *o = user;
	(void)p;
	if (!o->frees++) egm_target_free(o->target);
	return 0;
}

/* _i: evaluated, in annealed importance sampling by its energy, by its progress */
START_TEST(test_own__a_target_is_freed_in_its_own_callback)
{
	double x[DIMS] = {2, 0}, energy = 0;
	egm_context *context = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm_ais_options options = EGM_AIS_OPTIONS_INIT;
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	own o = {0};
	OK(egm_target_callback(&o.target, context, EGM_F64, DIMS, NULL, _i < 2 ? free_in_energy : normal_energy, &o, NULL));
	egm_context_free(context);
	options.levels = 3;
	OK(_i ? egm_target_ais(o.target, &options, &result, egm_no_out(), _i == 2 ? free_in_ais : NULL, &o)
	      : egm_target_evaluate(o.target, egm_f64(x, 1, egm_target_dims(o.target)), egm_f64_out(&energy, 1, 1),
	                            egm_no_out()));
	ck_assert(_i ? isfinite(result.log_z) : energy == 2);
	ck_assert_int_gt(o.calls, 1);
	if (_i == 2) ck_assert_int_gt(o.frees, 0);
}
END_TEST

/* ---- a trainer */

static int use_trainer(const egm_progress *progress, void *user)
{
	pair *p = user;
	egm_trainer *t = p->trainer;
	egm_model *average = NULL;
	REJECTED(egm_trainer_fit(t, p->data, 1, NULL, NULL));
	ck_assert_int_eq(egm_trainer_steps(t), progress->step);
	ck_assert(egm_trainer_term(t, 0) == progress->terms[0]);
	ck_assert_uint_gt(egm_trainer_arena_bytes(t), 0);
	OK(egm_trainer_average(&average, t, p->energy));
	egm_model_free(average);
	egm_negatives_statistics negatives = {.struct_size = sizeof negatives};
	ck_assert_int_eq(egm_trainer_set_negatives(t, NULL, NULL), EGM_ERR_STATE); /* this loss reads none */
	ck_assert_int_eq(egm_trainer_negatives_stats(t, &negatives), EGM_ERR_STATE);
	OK(egm_trainer_set_learning_rate(t, NULL, 1e-4));
	OK(egm_trainer_save(t, "own.egm"));
	OK(egm_trainer_restore(t, "own.egm", NULL));
	size_t needed = 0;
	OK(egm_trainer_save_memory(t, NULL, 0, &needed));
	char *bytes = malloc(needed);
	ck_assert_ptr_nonnull(bytes);
	OK(egm_trainer_save_memory(t, bytes, needed, &needed));
	OK(egm_trainer_restore_memory(t, bytes, needed, NULL));
	free(bytes);
	return 0;
}

static void open_pair(pair *p)
{
	pair_open(p, NULL, EGM_F32, 4);
	p->options.average_decay = 0.5;
	pair_make(p);
}

/* Reading, saving and loading what was saved leave the training as it is. */
START_TEST(test_own__a_trainer_in_its_own_callback)
{
	pair alone = {0}, p = {0};
	open_pair(&alone);
	open_pair(&p);
	OK(egm_trainer_set_learning_rate(alone.trainer, NULL, 1e-4));
	OK(egm_trainer_set_learning_rate(p.trainer, NULL, 1e-4));
	pair_steps(&alone, 9); /* more than an epoch */
	OK(egm_trainer_fit(p.trainer, p.data, 9, use_trainer, &p));
	OK(egm_trainer_save(alone.trainer, "alone.egm"));
	OK(egm_trainer_save(p.trainer, "own.egm"));
	assert_same_files("alone.egm", "own.egm");
	remove("alone.egm");
	remove("own.egm");
	pair_close(&alone);
	pair_close(&p);
}
END_TEST

static int go_back(const egm_progress *progress, void *user)
{
	if (progress->done == 3) OK(egm_trainer_restore(((pair *)user)->trainer, "back.egm", NULL));
	return 0;
}

/* What is loaded in the callback holds from the next step on: two steps, then four after a load of none. */
START_TEST(test_own__a_load_in_the_callback)
{
	pair alone = {0}, p = {0};
	open_pair(&alone);
	open_pair(&p);
	OK(egm_trainer_save(p.trainer, "back.egm"));
	OK(egm_trainer_fit(p.trainer, p.data, 7, go_back, &p));
	ck_assert_int_eq(egm_trainer_steps(p.trainer), 4);
	pair_steps(&alone, 4);
	OK(egm_trainer_save(alone.trainer, "alone.egm"));
	OK(egm_trainer_save(p.trainer, "own.egm"));
	assert_same_files("alone.egm", "own.egm");
	remove("back.egm");
	remove("alone.egm");
	remove("own.egm");
	pair_close(&alone);
	pair_close(&p);
}
END_TEST

static int free_all(const egm_progress *progress, void *user)
{
	pair *p = user;
	if (progress->done == 2) pair_close(p);
	return progress->done == 5;
}

/* Trainer, data, loss, networks and context. */
START_TEST(test_own__everything_is_freed_in_the_callback)
{
	pair p = {0};
	open_pair(&p);
	ck_assert_int_eq(egm_trainer_fit(p.trainer, p.data, 9, free_all, &p), EGM_ERR_STOPPED);
}
END_TEST

/* Negatives of another kind from the third step on, against two trainings in a row. */
static int change_negatives(const egm_progress *progress, void *user)
{
	egm_negatives_options o = EGM_NEGATIVES_OPTIONS_INIT;
	o.start = EGM_NEGATIVES_SHORT_RUN;
	o.steps = 3;
	if (progress && progress->done != 2) return 0;
	OK(egm_trainer_set_negatives(user, NULL, &o));
	return 0;
}

START_TEST(test_own__negatives_are_set_in_the_callback)
{
	egm_context *context = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm_data *data = toy_data(context, EGM_F64, 16, 2);
	for (int way = 0; way < 2; way++) {
		egm_model *energy = toy_net(context, "energy", 2, 5, 1, EGM_F64);
		egm_loss *loss = NULL;
		egm_trainer *trainer = NULL;
		egm_trainer_options o = EGM_TRAINER_OPTIONS_INIT;
		OK(egm_loss_ml(&loss, energy, NULL));
		o.batch = 4;
		OK(egm_trainer_create(&trainer, loss, &o));
		OK(egm_trainer_fit(trainer, data, way ? 5 : 2, way ? change_negatives : NULL, trainer));
		if (!way) change_negatives(NULL, trainer);
		if (!way) OK(egm_trainer_fit(trainer, data, 3, NULL, NULL));
		OK(egm_trainer_save(trainer, way ? "own.egm" : "alone.egm"));
		egm_trainer_free(trainer);
		egm_loss_free(loss);
		egm_model_free(energy);
	}
	assert_same_files("alone.egm", "own.egm");
	remove("alone.egm");
	remove("own.egm");
	egm_data_free(data);
	egm_context_free(context);
}
END_TEST

/* ---- a loss, a mixture, a context */

static int free_loss(const egm_progress *p, void *user)
{
	egm_loss **loss = user;
	(void)p;
	egm_loss_free(*loss);
	*loss = NULL;
	return 0;
}

START_TEST(test_own__a_loss_is_freed_in_the_callback_of_its_likelihood)
{
	double x[3 * 70] = {0}, out[70];
	egm_context *context = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm_model *encoder = toy_net(context, "encoder", 3, 0, 4, EGM_F64);
	egm_model *decoder = toy_net(context, "decoder", 2, 0, 3, EGM_F64);
	egm_loss *loss = NULL;
	OK(egm_loss_vae(&loss, encoder, decoder, NULL));
	egm_model_free(encoder);
	egm_model_free(decoder);
	egm_context_free(context);
	OK(egm_loss_vae_log_likelihood(loss, egm_f64(x, 70, 3), 2, 1, egm_f64_out(out, 70, 1), free_loss, &loss));
	ck_assert_ptr_null(loss);
	for (int i = 0; i < 70; i++) ck_assert(isfinite(out[i]));
}
END_TEST

static int sees_no_mixture(const egm_progress *p, void *user)
{
	(void)p;
	ck_assert_ptr_null(*(egm_mixture **)user); /* there is no handle that the callback could use */
	return 0;
}

START_TEST(test_own__a_mixture_does_not_exist_in_its_callback)
{
	const double x[8] = {0, 1, 2, 3, 10, 11, 12, 13};
	egm_context *context = egm_test_context_on(1, EGM_SIMD_AUTO);
	egm_mixture *mixture = NULL;
	egm_mixture_options o = EGM_MIXTURE_OPTIONS_INIT;
	o.components = 2;
	OK(egm_mixture_fit(&mixture, context, egm_f64(x, 8, 1), egm_no_array(), &o, NULL, sees_no_mixture, &mixture));
	egm_mixture_free(mixture);
	egm_context_free(context);
}
END_TEST

static void free_context(int32_t level, const char *message, void *user)
{
	egm_context **context = user;
	(void)level, (void)message;
	ck_assert_ptr_nonnull(strstr(egm_context_backend(*context), "libegm"));
	egm_context_free(*context);
	*context = NULL;
}

/* A bounded generator without a prior is no density, says the log. The networks keep the context. */
START_TEST(test_own__a_context_is_freed_in_its_log)
{
	egm_context *context = NULL;
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	o.log = free_context;
	o.log_user = &context;
	OK(egm_context_create(&context, &o));
	egm_model *energy = toy_net(context, "energy", 2, 0, 1, EGM_F64), *generator = NULL;
	OK(egm_model_create(&generator, context, "generator", 2));
	OK(egm_model_dense(generator, 2));
	OK(egm_model_tanh(generator));
	OK(egm_model_build(generator, EGM_F64, 1));
	egm_target *target = NULL;
	OK(egm_target_latent(&target, energy, generator, EGM_LATENT_ENERGY, NULL));
	ck_assert_ptr_null(context);
	egm_target_free(target);
	egm_model_free(energy);
	egm_model_free(generator);
}
END_TEST

/* ---- long calls within long calls */

/* What all of them share: "It may use other handles freely", and these are constant while a call runs. */
typedef struct stage {
	egm_context *context;
	egm_target *target;
	egm_loss *vae;
	double x[3 * 70], y[3 * 50];
} stage;

typedef double long_call(const stage *s, egm_progress_fn progress, void *user);

static double call_ais(const stage *s, egm_progress_fn progress, void *user)
{
	egm_ais_options options = EGM_AIS_OPTIONS_INIT;
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	options.levels = 3;
	options.particles = 8;
	options.base_scale = 2; /* so that the weights differ */
	OK(egm_target_ais(s->target, &options, &result, egm_no_out(), progress, user));
	return result.log_z;
}

static double call_likelihood(const stage *s, egm_progress_fn progress, void *user)
{
	double out[70], sum = 0;
	OK(egm_loss_vae_log_likelihood(s->vae, egm_f64(s->x, 70, 3), 2, 1, egm_f64_out(out, 70, 1), progress, user));
	for (int i = 0; i < 70; i++) sum += out[i];
	return sum;
}

static double call_mixture(const stage *s, egm_progress_fn progress, void *user)
{
	egm_mixture_options options = EGM_MIXTURE_OPTIONS_INIT;
	egm_mixture_result result = EGM_MIXTURE_RESULT_INIT;
	egm_mixture *mixture = NULL;
	options.components = 2;
	OK(egm_mixture_fit(&mixture, s->context, egm_f64(s->x, 70, 3), egm_no_array(), &options, &result, progress, user));
	egm_mixture_free(mixture);
	return result.log_likelihood;
}

static double call_sampler(const stage *s, egm_progress_fn progress, void *user)
{
	double draws[2 * 4 * 2], sum = 0;
	egm_sampler *sampler = NULL;
	OK(egm_sampler_nuts(&sampler, s->target, NULL));
	OK(egm_sampler_warmup(sampler, 12, progress, user));
	OK(egm_sampler_run(sampler, 2, 3, egm_f64_out(draws, 8, 2), egm_no_out(), progress, user));
	egm_sampler_free(sampler);
	for (int i = 0; i < 16; i++) sum += draws[i];
	return sum;
}

static double call_trainer(const stage *s, egm_progress_fn progress, void *user)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	egm_model *energy = toy_net(s->context, "energy", 3, 4, 1, EGM_F64);
	egm_loss *loss = NULL;
	egm_data *data = NULL;
	egm_trainer *trainer = NULL;
	options.batch = 4;
	OK(egm_loss_ml(&loss, energy, NULL));
	OK(egm_data_view(&data, s->context, egm_f64(s->x, 70, 3)));
	OK(egm_trainer_create(&trainer, loss, &options));
	OK(egm_trainer_fit(trainer, data, 3, progress, user));
	double term = egm_trainer_term(trainer, 0);
	egm_trainer_free(trainer);
	egm_data_free(data);
	egm_loss_free(loss);
	egm_model_free(energy);
	return term;
}

/* A metric of two samples, by its name. */
#define METRIC(name, ...)                                                           \
	static double call_##name(const stage *s, egm_progress_fn progress, void *user) \
	{                                                                               \
		egm_array x = egm_f64(s->x, 70, 3), y = egm_f64(s->y, 50, 3);               \
		double out = NAN;                                                           \
		OK(egm_metric_##name(s->context, x, y, __VA_ARGS__ &out, progress, user));  \
		return out;                                                                 \
	}
METRIC(mmd, NULL, )
METRIC(energy, EGM_ESTIMATOR_BIASED, )
METRIC(sliced, NULL, )
METRIC(frechet, )

static long_call *const long_calls[] = {call_ais, call_likelihood, call_mixture, call_sampler, call_trainer,
                                        call_mmd, call_energy,     call_sliced,  call_frechet};
enum { LONG_CALLS = sizeof long_calls / sizeof *long_calls };

typedef struct within {
	const stage *stage;
	long_call *inner;
	double result;
	int calls;
} within;

static int call_within(const egm_progress *p, void *user)
{
	within *w = user;
	(void)p;
	if (!w->calls++) w->result = w->inner(w->stage, NULL, NULL);
	return 0;
}

static void open_stage(stage *s)
{
	static own unused;
	s->context = egm_test_context_on(2, EGM_SIMD_AUTO);
	egm_model *encoder = toy_net(s->context, "encoder", 3, 0, 4, EGM_F64);
	egm_model *decoder = toy_net(s->context, "decoder", 2, 0, 3, EGM_F64);
	OK(egm_loss_vae(&s->vae, encoder, decoder, NULL));
	OK(egm_target_callback(&s->target, s->context, EGM_F64, DIMS, NULL, normal_energy, &unused, NULL));
	for (int i = 0; i < 3 * 70; i++) s->x[i] = i * 37 % 61 / 61.0;
	for (int i = 0; i < 3 * 50; i++) s->y[i] = i * 41 % 53 / 53.0;
	egm_model_free(encoder);
	egm_model_free(decoder);
}

/* Each in the callback of each, on one context and, where they take the same, on one handle. The results are those of
 * calls that are left alone, bit for bit. */
START_TEST(test_own__long_calls_within_one_another)
{
	stage s;
	double alone[LONG_CALLS];
	open_stage(&s);
	for (int i = 0; i < LONG_CALLS; i++) alone[i] = long_calls[i](&s, NULL, NULL);
	for (int outer = 0; outer < LONG_CALLS; outer++)
		for (int inner = 0; inner < LONG_CALLS; inner++) {
			within w = {.stage = &s, .inner = long_calls[inner]};
			double result = long_calls[outer](&s, call_within, &w);
			ck_assert_msg(w.calls > 0, "call %d has not reported", outer);
			ck_assert_msg(result == alone[outer], "call %d around %d: %g, not %g", outer, inner, result, alone[outer]);
			ck_assert_msg(w.result == alone[inner], "call %d in %d: %g, not %g", inner, outer, w.result, alone[inner]);
		}
	egm_loss_free(s.vae);
	egm_target_free(s.target);
	egm_context_free(s.context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("own callback");
	TCase *tc = tcase_create("sampler and target");
	tcase_add_loop_test(tc, test_own__a_sampler_in_its_own_callback, 0, 4);
	tcase_add_loop_test(tc, test_own__a_sampler_is_freed_in_its_own_callback, 0, 4);
	tcase_add_loop_test(tc, test_own__a_target_is_freed_in_its_own_callback, 0, 3);
	suite_add_tcase(suite, tc);
	tc = tcase_create("trainer");
	tcase_add_test(tc, test_own__a_trainer_in_its_own_callback);
	tcase_add_test(tc, test_own__a_load_in_the_callback);
	tcase_add_test(tc, test_own__everything_is_freed_in_the_callback);
	tcase_add_test(tc, test_own__negatives_are_set_in_the_callback);
	suite_add_tcase(suite, tc);
	tc = tcase_create("loss, mixture, context");
	tcase_add_test(tc, test_own__a_loss_is_freed_in_the_callback_of_its_likelihood);
	tcase_add_test(tc, test_own__a_mixture_does_not_exist_in_its_callback);
	tcase_add_test(tc, test_own__a_context_is_freed_in_its_log);
	tcase_add_test(tc, test_own__long_calls_within_one_another);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
