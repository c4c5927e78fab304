/* SPDX-License-Identifier: MIT */
/* Every function that takes options accepts and refuses what egm_options_describe says: the ends of each range, the
 * numbers next to them, 0 and NaN. An option struct without a row here fails the test. */
#include "support.h"
#include <egm.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/* ---- what the functions need beside their options: networks of width 2 and latent width 1, in f64, whose range is
 * that of the options themselves */

enum { D = 2, K = 1, ROWS = 4 };

static egm_context *context;
static egm_target *target;
static char directory[] = "/tmp/egm-ranges-XXXXXX";
static char npy_path[64], csv_path[64], model_path[64];
static const double rows[ROWS * D] = {0, 1, 1, 0, 2, 3, 3, 2};
static const double column[ROWS] = {0, 1, 2, 4};

static int normal(int64_t n, const void *x, void *energies, void *gradients, void *user)
{
	const double *at = x;
	(void)user;
	for (int64_t i = 0; i < n; i++) {
		((double *)energies)[i] = at[i] * at[i] / 2;
		((double *)gradients)[i] = at[i];
	}
	return 0;
}

static egm_model *net(int64_t inputs, int64_t outputs)
{
	egm_model *model = NULL;
	ck_assert_int_eq(egm_model_create(&model, context, "net", inputs), EGM_OK);
	egm_model_dense(model, outputs);
	ck_assert_int_eq(egm_model_build(model, EGM_F64, 1), EGM_OK);
	return model;
}

static void setup(void)
{
	ck_assert_int_eq(egm_context_create(&context, NULL), EGM_OK);
	ck_assert_int_eq(egm_target_callback(&target, context, EGM_F64, 1, NULL, normal, NULL), EGM_OK);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(npy_path, sizeof npy_path, "%s/x.npy", directory);
	snprintf(csv_path, sizeof csv_path, "%s/x.csv", directory);
	snprintf(model_path, sizeof model_path, "%s/net.safetensors", directory);
	ck_assert_int_eq(egm_array_save_npy(context, egm_f64(rows, ROWS, D), npy_path), EGM_OK);
	FILE *file = fopen(csv_path, "w");
	ck_assert_ptr_nonnull(file);
	fputs("1,2\n3,4\n", file);
	ck_assert_int_eq(fclose(file), 0);
	egm_model *model = net(D, 1);
	ck_assert_int_eq(egm_model_save(model, model_path), EGM_OK);
	egm_model_free(model);
}

static void teardown(void)
{
	unlink(npy_path);
	unlink(csv_path);
	unlink(model_path);
	rmdir(directory);
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	egm_target_free(target);
	egm_context_free(context);
}

/* ---- the functions: each makes what the options are for, and frees it */

#define USE(name, handle, call)                       \
	static egm_status use_##name(const void *options) \
	{                                                 \
		egm_##handle *made = NULL;                    \
		egm_status st = call;                         \
		ck_assert((made != NULL) == (st == EGM_OK));  \
		egm_##handle##_free(made);                    \
		return st;                                    \
	}
USE(context, context, egm_context_create(&made, options))
USE(data, data, egm_data_load_npy(&made, context, npy_path, options))
USE(csv, data, egm_data_load_csv_table(&made, context, csv_path, options))
USE(load, model, egm_model_load(&made, context, model_path, options))
USE(target, target, egm_target_callback(&made, context, EGM_F64, 1, options, normal, NULL))
USE(ula, sampler, egm_sampler_ula(&made, target, options))
USE(mala, sampler, egm_sampler_mala(&made, target, options))
USE(hmc, sampler, egm_sampler_hmc(&made, target, options))
USE(nuts, sampler, egm_sampler_nuts(&made, target, options))
USE(annealed_langevin, sampler, egm_sampler_annealed_langevin(&made, target, options))
USE(tempered, sampler, egm_sampler_tempered(&made, target, options))

/* A loss of up to three networks, whose widths are given in its order. */
#define USE_LOSS(name, widths, ...)                                                                     \
	static egm_status use_##name(const void *options)                                                   \
	{                                                                                                   \
		static const int64_t width[][2] = widths;                                                       \
		egm_model *n[3] = {NULL, NULL, NULL};                                                           \
		egm_loss *made = NULL;                                                                          \
		for (size_t i = 0; i < sizeof width / sizeof *width; i++) n[i] = net(width[i][0], width[i][1]); \
		egm_status st = egm_loss_##name(&made, __VA_ARGS__, options);                                   \
		ck_assert((made != NULL) == (st == EGM_OK));                                                    \
		egm_loss_free(made);                                                                            \
		for (int i = 0; i < 3; i++) egm_model_free(n[i]);                                               \
		return st;                                                                                      \
	}
/* clang-format off */
#define NETS(...) {__VA_ARGS__}
USE_LOSS(ml, NETS({D, 1}), n[0])
USE_LOSS(dsm, NETS({D, 1}), n[0])
USE_LOSS(annealed_dsm, NETS({D, 1}), n[0])
USE_LOSS(score_matching, NETS({D, 1}), n[0])
USE_LOSS(dae, NETS({D, D}), n[0])
USE_LOSS(cross_entropy, NETS({D, 2}), n[0])
USE_LOSS(histogram, NETS({K, 1}), n[0], egm_f64(column, ROWS, 1))
USE_LOSS(gan, NETS({D, 1}, {K, D}), n[0], n[1])
USE_LOSS(wgan, NETS({D, 1}, {K, D}), n[0], n[1])
USE_LOSS(ls_gan, NETS({D, 1}, {K, D}), n[0], n[1])
USE_LOSS(vae, NETS({D, 2 * K}, {K, D}), n[0], n[1])
USE_LOSS(aae, NETS({K, 1}, {D, K}, {K, D}), n[0], n[1], n[2])
USE_LOSS(ali, NETS({D + K, 1}, {K, D}, {D, K}), n[0], n[1], n[2])
USE_LOSS(dde, NETS({D, 1}, {D, 1}, {K, D}), n[0], n[1], n[2])
USE_LOSS(energy_gan, NETS({D, 1}, {K, D}, {D + K, 1}), n[0], n[1], n[2])
/* clang-format on */

static egm_status use_restore(const void *options)
{
	egm_model *model = net(D, 1);
	egm_status st = egm_model_restore(model, model_path, options);
	egm_model_free(model);
	return st;
}

static egm_trainer *trainer(const egm_trainer_options *options, egm_status *st)
{
	egm_model *energy = net(D, 1);
	egm_loss *loss = NULL;
	egm_trainer *made = NULL;
	ck_assert_int_eq(egm_loss_ml(&loss, energy, NULL), EGM_OK);
	*st = egm_trainer_create(&made, loss, options);
	egm_loss_free(loss);
	egm_model_free(energy);
	return made;
}

static egm_status use_trainer(const void *options)
{
	egm_status st;
	egm_trainer_free(trainer(options, &st));
	return st;
}

static egm_status use_negatives(const void *options)
{
	egm_trainer_options small = EGM_TRAINER_OPTIONS_INIT;
	egm_status st;
	small.batch = ROWS;
	egm_trainer *t = trainer(&small, &st);
	ck_assert_int_eq(st, EGM_OK);
	st = egm_trainer_set_negatives(t, NULL, options);
	egm_trainer_free(t);
	return st;
}

static egm_status use_ais(const void *options)
{
	egm_ais_result result = EGM_AIS_RESULT_INIT;
	return egm_target_ais(target, options, &result, egm_no_out(), NULL, NULL);
}

static egm_status use_mixture(const void *options)
{
	egm_mixture *made = NULL;
	egm_mixture_result result = EGM_MIXTURE_RESULT_INIT;
	egm_status st =
	    egm_mixture_fit(&made, context, egm_f64(column, ROWS, 1), egm_no_array(), options, &result, NULL, NULL);
	egm_mixture_free(made);
	return st;
}

static egm_status use_mmd(const void *options)
{
	double out;
	egm_array x = egm_f64(column, ROWS, 1);
	return egm_metric_mmd(context, x, x, options, &out, NULL, NULL);
}

static egm_status use_sliced(const void *options)
{
	double out;
	egm_array x = egm_f64(column, ROWS, 1);
	return egm_metric_sliced(context, x, x, options, &out, NULL, NULL);
}

static egm_status use_mode(const void *options)
{
	egm_mode_coverage coverage = EGM_MODE_COVERAGE_INIT;
	egm_array x = egm_f64(column, ROWS, 1);
	return egm_metric_mode_coverage(context, x, x, 1, options, &coverage);
}

#define ROW(name)                           \
	{                                       \
		"egm_" #name "_options", use_##name \
	}
static const struct user {
	const char *type;
	egm_status (*use)(const void *options);
} users[] = {ROW(context),   ROW(data),      ROW(csv),    ROW(load),         ROW(restore),
             ROW(ml),        ROW(dsm),       ROW(dae),    ROW(annealed_dsm), ROW(score_matching),
             ROW(histogram), ROW(gan),       ROW(wgan),   ROW(ls_gan),       ROW(cross_entropy),
             ROW(vae),       ROW(aae),       ROW(ali),    ROW(dde),          ROW(energy_gan),
             ROW(trainer),   ROW(negatives), ROW(target), ROW(ais),          ROW(annealed_langevin),
             ROW(ula),       ROW(mala),      ROW(hmc),    ROW(nuts),         ROW(tempered),
             ROW(mixture),   ROW(mmd),       ROW(sliced), ROW(mode)};
enum { USERS = sizeof users / sizeof *users };

START_TEST(test_ranges__every_option_struct_is_here)
{
	int32_t n = 0;
	for (int32_t t = 0; egm_options_type(t); t++) {
		const char *type = egm_options_type(t), *end = strrchr(type, '_');
		int found = 0;
		if (strcmp(end, "_options") != 0) continue;
		for (int u = 0; u < USERS; u++) found += strcmp(users[u].type, type) == 0;
		ck_assert_msg(found == 1, "%s: %d rows", type, found);
		n++;
	}
	ck_assert_int_eq(n, USERS);
}
END_TEST

/* ---- one member after another */

typedef union room {
	size_t struct_size;
	max_align_t align;
	unsigned char bytes[512];
} room;

static void put(room *options, const egm_option *o, double value)
{
	const int32_t narrow = (int32_t)value;
	const int64_t wide = (int64_t)value;
	const uint64_t natural = (uint64_t)value;
	const void *from = o->kind == EGM_OPTION_DOUBLE   ? (const void *)&value
	                   : o->kind == EGM_OPTION_INT64  ? (const void *)&wide
	                   : o->kind == EGM_OPTION_UINT64 ? (const void *)&natural
	                                                  : (const void *)&narrow;
	memcpy(options->bytes + o->offset, from, o->size);
}

/* Whether the range of this very member is why the call failed; what members are to each other may be. */
static int refused(const struct user *u, const egm_option *o, double value)
{
	room options;
	char text[128];
	ck_assert_int_eq(egm_options_init(u->type, &options, egm_options_size(u->type)), EGM_OK);
	put(&options, o, value);
	snprintf(text, sizeof text, ": %s is ", o->name);
	if (u->use(&options) != EGM_ERR_ARGUMENT || !strstr(egm_last_error(), text)) return 0;
	ck_assert_msg(strncmp(egm_last_error(), "egm_", 4) == 0 && strstr(egm_last_error(), ", must be "), "%s",
	              egm_last_error());
	return 1;
}

#define EXPECT(want, value)                                                                                 \
	ck_assert_msg(refused(u, o, value) == (want), "%s.%s = %.17g is %s", u->type, o->name, (double)(value), \
	              (want) ? "accepted" : "refused")

/* The number next to `value` on the way to `towards`. */
static double next_to(const egm_option *o, double value, double towards)
{
	if (o->kind == EGM_OPTION_DOUBLE) return nextafter(value, towards);
	return towards > value ? value + 1 : value - 1;
}

/* A count of many millions is not asked for here: it would be computed. */
enum { MANY = 1 << 16 };

static void try_end(const struct user *u, const egm_option *o, double end, int open, double outwards)
{
	double outside = open ? end : next_to(o, end, outwards), inside = open ? next_to(o, end, -outwards) : end;
	if (isinf(end)) {
		if (o->kind != EGM_OPTION_DOUBLE) return;
		EXPECT(1, end);
		EXPECT(0, outwards > 0 ? DBL_MAX : -DBL_MAX);
		return;
	}
	if (!(o->kind == EGM_OPTION_UINT64 && outside < 0) && !(outside == 0 && o->zero_is_default)) EXPECT(1, outside);
	if (fabs(inside) <= MANY && !(inside == 0 && o->zero_is_default)) EXPECT(0, inside);
}

static void try_member(const struct user *u, const egm_option *o)
{
	if (o->kind >= EGM_OPTION_NUMBERS) return;
	try_end(u, o, o->low, o->low_open, -INFINITY);
	try_end(u, o, o->high, o->high_open, INFINITY);
	EXPECT(!o->optional, 0.0);
	if (o->kind == EGM_OPTION_DOUBLE) EXPECT(1, NAN);
}

START_TEST(test_ranges__are_what_the_function_accepts)
{
	const struct user *u = &users[_i];
	ck_assert_uint_le(egm_options_size(u->type), sizeof(room));
	for (int32_t i = 0; i < egm_options_count(u->type); i++) {
		egm_option o = EGM_OPTION_INIT;
		ck_assert_int_eq(egm_options_describe(u->type, i, &o), EGM_OK);
		try_member(u, &o);
	}
}
END_TEST

/* Left at 0, every member is its default, or off: a program may begin with zeros and struct_size. */
START_TEST(test_ranges__zeros_are_accepted)
{
	const struct user *u = &users[_i];
	room options = {.struct_size = egm_options_size(u->type)};
	ck_assert_msg(u->use(&options) == EGM_OK, "%s: %s", u->type, egm_last_error());
	ck_assert_msg(u->use(NULL) == EGM_OK, "%s: %s", u->type, egm_last_error());
}
END_TEST

/* Older and newer programs hand over shorter and longer structs: shorter means defaults for the rest, longer is taken
 * while the tail is zero, a size that no release can have is refused. */
START_TEST(test_ranges__structs_of_other_releases)
{
	const struct user *u = &users[_i];
	const size_t size = egm_options_size(u->type), nonsense[] = {0, 1, sizeof(size_t) - 1, SIZE_MAX, SIZE_MAX / 2};
	for (size_t s = sizeof(size_t); s <= size + 40; s += s < size ? size - s : 40) {
		room options;
		memset(&options, 0xa5, sizeof options); /* what lies beyond the size is not the library's to read */
		ck_assert_int_eq(egm_options_init(u->type, &options, s), EGM_OK);
		ck_assert_msg(u->use(&options) == EGM_OK, "%s, %zu bytes: %s", u->type, s, egm_last_error());
	}
	for (size_t tail = size; tail < size + 40; tail += 13) {
		room options;
		ck_assert_int_eq(egm_options_init(u->type, &options, size + 40), EGM_OK);
		options.bytes[tail] = 1;
		ck_assert_int_eq(u->use(&options), EGM_ERR_UNSUPPORTED);
	}
	for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
		room options;
		ck_assert_int_eq(egm_options_init(u->type, &options, size), EGM_OK);
		options.struct_size = nonsense[i];
		ck_assert_int_eq(u->use(&options), EGM_ERR_ARGUMENT);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranges of options");
	TCase *tc = tcase_create("ranges");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_ranges__every_option_struct_is_here);
	tcase_add_loop_test(tc, test_ranges__are_what_the_function_accepts, 0, USERS);
	tcase_add_loop_test(tc, test_ranges__zeros_are_accepted, 0, USERS);
	tcase_add_loop_test(tc, test_ranges__structs_of_other_releases, 0, USERS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
