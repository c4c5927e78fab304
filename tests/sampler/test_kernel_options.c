/* SPDX-License-Identifier: MIT */
/* The constructor of each kernel and its options: every member has an effect, has the range that its comment says,
 * and means its default if it is 0 and 0 is out of range; structs of other sizes; wrong arguments. A new kernel
 * passes through all of these tests except those of its members, which need a row here or a test of their own. */
#include "sampler_support.h"
#include <stddef.h>
#include <stdio.h>

enum { DIMS = 2, MOST_CHAINS = 8, DRAWS = 6, WARMUP = 100 };

/* ---- the constructors, by one type */

typedef struct kernel {
	const char *name; /* of the constructor */
	size_t size;
	const void *defaults;
	egm_status (*make)(egm_sampler **out, egm_target *target, const void *options);
	int adapts;
} kernel;

#define CONSTRUCTOR(NAME, name, adapts)                                                       \
	static const egm_##name##_options name##_defaults = EGM_##NAME##_OPTIONS_INIT;            \
	static egm_status make_##name(egm_sampler **out, egm_target *target, const void *options) \
	{                                                                                         \
		return egm_sampler_##name(out, target, options);                                      \
	}
ANY_KERNELS(CONSTRUCTOR)

#define KERNEL(NAME, name, adapts) \
	{"egm_sampler_" #name, sizeof(egm_##name##_options), &name##_defaults, make_##name, adapts},
static const kernel kernels[] = {ANY_KERNELS(KERNEL)};
enum { KERNELS = sizeof kernels / sizeof *kernels };

typedef union options {
	egm_ula_options shared; /* the first members of all */
	egm_mala_options mala;
	egm_hmc_options hmc;
	egm_nuts_options nuts;
	egm_annealed_langevin_options annealed;
	egm_tempered_options tempered;
	unsigned char bytes[256];
} options;

static options defaults_of(const kernel *k)
{
	options o = {{0}};
	memcpy(&o, k->defaults, k->size);
	return o;
}

/* ---- what a sampler does */

typedef struct conduct {
	int64_t chains;
	double draws[DRAWS * MOST_CHAINS * DIMS], energies[DRAWS * MOST_CHAINS];
	egm_sampler_statistics stats;
} conduct;

static distribution energy;
static egm_target *target;

static void setup(void)
{
	egm_context *context = threaded_context(1);
	energy = normal_distribution(EGM_F64, DIMS, 1, 9);
	target = distribution_target(context, &energy, NULL);
	egm_context_free(context);
}

static void teardown(void)
{
	egm_target_free(target);
}

static conduct watch(const kernel *k, const void *o)
{
	conduct c = {.stats = EGM_SAMPLER_STATISTICS_INIT};
	egm_sampler *s = NULL;
	ck_assert_egm(k->make(&s, target, o));
	c.chains = egm_sampler_chains(s);
	ck_assert_int_le(c.chains, MOST_CHAINS);
	ck_assert_int_eq(egm_sampler_dims(s), DIMS);
	ck_assert_int_eq(egm_sampler_dtype(s), EGM_F64);
	if (k->adapts) ck_assert_egm(egm_sampler_warmup(s, WARMUP, NULL, NULL));
	ck_assert_egm(
	    egm_sampler_run(s, DRAWS, 1, draws_out(s, DRAWS, c.draws), energies_out(s, DRAWS, c.energies), NULL, NULL));
	ck_assert_egm(egm_sampler_stats(s, -1, &c.stats));
	egm_sampler_free(s);
	return c;
}

static int same(const conduct *a, const conduct *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- members */

typedef enum kind { REAL, INT64, INT32, ARRAY } kind;

/* `good`: the ends of the range, as far as a test can go; `other`: a number whose effect can be seen; `none`: 0 means
 * the default. */
typedef struct member {
	int kernel; /* index */
	const char *name;
	size_t offset;
	kind kind;
	double good[2], other, bad[3];
	const char *range;
	int none;
} member;

#define AT(type, name) #name, offsetof(egm_##type##_options, name)
#define POSITIVE {-1, NAN, INFINITY}, "above 0 and finite"
#define WEIGHT {-1, NAN, INFINITY}, "at least 0 and finite"
#define FLAG \
	{        \
		0, 1 \
	}
#define SHARED(k, type)                                                                  \
	{k, AT(type, chains), INT64, {1, MOST_CHAINS}, 2, {-1, -4, -1e18}, "at least 1", 1}, \
	    {k, AT(type, step_size), REAL, {1e-12, 1e6}, 0.05, POSITIVE, 1},                 \
	    {k, AT(type, start_scale), REAL, {1e-12, 1e6}, 3, WEIGHT, 0},                    \
	{                                                                                    \
		k, AT(type, seed), INT64, {1, 1e18}, 7, {NAN, NAN, NAN}, "", 0                   \
	}
#define ACCEPT(k, type)                                                                      \
	{                                                                                        \
		k, AT(type, target_accept), REAL, {1e-9, 0.999}, 0.4, {1, -0.1, NAN}, "in (0, 1)", 1 \
	}
#define JITTER(k, type)                                                            \
	{                                                                              \
		k, AT(type, jitter), REAL, {0, 0.999}, 0.5, {1, -0.1, NAN}, "in [0, 1)", 0 \
	}
#define DIVERGENCE(k, type)                                             \
	{                                                                   \
		k, AT(type, divergence), REAL, {1e-9, 1e300}, 1e-9, POSITIVE, 1 \
	}
#define SCALES(k, type, other)                                                \
	{                                                                         \
		k, AT(type, adapt_scale), INT32, FLAG, other, {2, -1, 7}, "0 or 1", 0 \
	}
#define INNER(k, type, other)                                                                            \
	{                                                                                                    \
		k, AT(type, steps_per_level), INT64, {1, 300}, other, {-1, 1e12, -1e12}, "in [1, 2147483647]", 1 \
	}
#define LEVELS(k, type)                                                          \
	{                                                                            \
		k, AT(type, levels), INT64, {1, 1}, 1, {-1, 257, 1e12}, "in [1, 256]", 1 \
	}

enum { ULA, MALA, HMC, NUTS, ANNEALED, TEMPERED };

/* clang-format off */
static const member members[] = {
	SHARED(ULA, ula),
	SHARED(MALA, mala), JITTER(MALA, mala), ACCEPT(MALA, mala), SCALES(MALA, mala, 1),
	{MALA, AT(mala, reserved), INT32, {0, 0}, 0, {1, -1, 2}, "0", 0},
	SHARED(HMC, hmc), JITTER(HMC, hmc), ACCEPT(HMC, hmc), DIVERGENCE(HMC, hmc), SCALES(HMC, hmc, 1),
	{HMC, AT(hmc, leapfrog_steps), INT32, {1, 40}, 3, {-1, -7, -1e9}, "at least 1", 1},
	SHARED(NUTS, nuts), ACCEPT(NUTS, nuts), DIVERGENCE(NUTS, nuts), SCALES(NUTS, nuts, 0),
	{NUTS, AT(nuts, max_depth), INT32, {1, 16}, 1, {-1, 17, 1e9}, "in [1, 16]", 1},
	SHARED(ANNEALED, annealed_langevin), LEVELS(ANNEALED, annealed_langevin), INNER(ANNEALED, annealed_langevin, 7),
	{ANNEALED, AT(annealed_langevin, denoise), REAL, {0, 10}, 0.3, WEIGHT, 0},
	SHARED(TEMPERED, tempered), ACCEPT(TEMPERED, tempered), LEVELS(TEMPERED, tempered), INNER(TEMPERED, tempered, 3),
};
/* clang-format on */
enum { MEMBERS = sizeof members / sizeof *members };

static void set(options *o, const member *m, double value)
{
	unsigned char *at = o->bytes + m->offset;
	if (m->kind == REAL) memcpy(at, &value, sizeof value);
	if (m->kind == INT64) memcpy(at, &(int64_t){(int64_t)value}, sizeof(int64_t));
	if (m->kind == INT32) memcpy(at, &(int32_t){(int32_t)value}, sizeof(int32_t));
}

/* "-1", "2.5", "nan" as messages have them. */
static void write_number(char text[32], const member *m, double value)
{
	if (isnan(value))
		snprintf(text, 32, "nan");
	else if (m->kind == REAL)
		snprintf(text, 32, "%g", value);
	else
		snprintf(text, 32, "%lld", (long long)value);
}

static void expect_rejection(const kernel *k, const void *o, egm_status st, const char *text)
{
	egm_sampler *s = (egm_sampler *)(void *)&s;
	ck_assert_int_eq(k->make(&s, target, o), st);
	ck_assert_str_eq(egm_last_error(), text);
	ck_assert_ptr_null(s);
}

START_TEST(test_options__the_range_of_every_member)
{
	const member *m = &members[_i];
	const kernel *k = &kernels[m->kernel];
	char number[32], text[160];
	for (int i = 0; i < 3; i++) {
		options o = defaults_of(k);
		if (m->kind != REAL && isnan(m->bad[i])) continue;
		set(&o, m, m->bad[i]);
		write_number(number, m, m->bad[i]);
		snprintf(text, sizeof text, "%s: %s is %s, must be %s", k->name, m->name, number, m->range);
		expect_rejection(k, &o, EGM_ERR_ARGUMENT, text);
	}
	for (int i = 0; i < 2; i++) {
		options o = defaults_of(k);
		egm_sampler *s = NULL;
		set(&o, m, m->good[i]);
		ck_assert_egm(k->make(&s, target, &o));
		egm_sampler_free(s);
	}
}
END_TEST

/* levels has none without temperatures, which come next; reserved never. */
START_TEST(test_options__every_member_takes_effect)
{
	const member *m = &members[_i];
	const kernel *k = &kernels[m->kernel];
	options o = defaults_of(k), zero = o;
	conduct usual = watch(k, &o);
	if (strcmp(m->name, "levels") != 0 && strcmp(m->name, "reserved") != 0) {
		set(&o, m, m->other);
		conduct other = watch(k, &o);
		ck_assert_msg(!same(&usual, &other), "%s: %s does nothing", k->name, m->name);
		if (!strcmp(m->name, "chains")) ck_assert_int_eq(other.chains, (int64_t)m->other);
	}
	if (!m->none) return;
	set(&zero, m, 0);
	conduct blank = watch(k, &zero);
	ck_assert_msg(same(&usual, &blank), "%s: %s = 0 is not the default", k->name, m->name);
}
END_TEST

/* _i: kernel */
START_TEST(test_options__arrays_take_effect)
{
	static const double scale[DIMS] = {1, 3}, falling[] = {4, 1}, rising[] = {1, 4};
	const kernel *k = &kernels[_i];
	options o = defaults_of(k);
	conduct usual = watch(k, &o);
	o.shared.scale = scale;
	conduct scaled = watch(k, &o);
	ck_assert(!same(&usual, &scaled));
	o = defaults_of(k);
	if (_i == ANNEALED) o.annealed.temperatures = falling, o.annealed.levels = 2;
	if (_i == TEMPERED) o.tempered.temperatures = rising, o.tempered.levels = 2;
	conduct cooled = watch(k, &o);
	ck_assert(same(&usual, &cooled) == (_i != ANNEALED && _i != TEMPERED));
}
END_TEST

/* The sampler's own copies: what the program does with its arrays afterwards changes nothing. */
START_TEST(test_options__arrays_are_copied)
{
	double scale[DIMS] = {1, 3}, falling[] = {4, 1}, rising[] = {1, 4}, x[2][DRAWS * 4 * DIMS];
	const kernel *k = &kernels[_i];
	for (int spoilt = 0; spoilt < 2; spoilt++) {
		options o = defaults_of(k);
		egm_sampler *s = NULL;
		o.shared.scale = scale;
		if (_i == ANNEALED) o.annealed.temperatures = falling, o.annealed.levels = 2;
		if (_i == TEMPERED) o.tempered.temperatures = rising, o.tempered.levels = 2;
		ck_assert_egm(k->make(&s, target, &o));
		if (spoilt) scale[1] = falling[0] = rising[1] = NAN;
		ck_assert_egm(egm_sampler_run(s, DRAWS, 1, draws_out(s, DRAWS, x[spoilt]), egm_no_out(), NULL, NULL));
		egm_sampler_free(s);
	}
	ck_assert_mem_eq(x[0], x[1], sizeof x[0]);
}
END_TEST

START_TEST(test_options__null_is_the_initialiser)
{
	const kernel *k = &kernels[_i];
	options o = defaults_of(k);
	conduct a = watch(k, NULL), b = watch(k, &o);
	ck_assert(same(&a, &b));
	ck_assert_int_eq(a.chains, 4);
	ck_assert_uint_eq(o.shared.struct_size, k->size);
}
END_TEST

START_TEST(test_options__arrays_that_are_rejected)
{
	static const double bad[] = {0, -1, NAN, INFINITY};
	static const char *const shown[] = {"0", "-1", "nan", "inf"};
	char text[160];
	for (int i = 0; i < KERNELS; i++)
		for (int j = 0; j < 4; j++) {
			const double scale[DIMS] = {1, bad[j]};
			options o = defaults_of(&kernels[i]);
			o.shared.scale = scale;
			snprintf(text, sizeof text, "%s: scale[1] is %s, must be a positive finite f64", kernels[i].name, shown[j]);
			expect_rejection(&kernels[i], &o, EGM_ERR_ARGUMENT, text);
		}
}
END_TEST

/* Which one is wrong, on a ladder of three. */
START_TEST(test_options__temperatures_that_are_rejected)
{
	static const struct {
		double t[3];
		const char *annealed, *tempered; /* NULL: a good one */
	} cases[] = {
	    {{4, 2, 1}, NULL, "temperatures[0] is 4, must be 1: temperatures rise from 1"},
	    {{1, 2, 4}, "temperatures[1] is 2, must be at most the one before, 1", NULL},
	    {{4, 4, 1}, NULL, "temperatures[0] is 4, must be 1: temperatures rise from 1"},
	    {{1, 1, 2},
	     "temperatures[2] is 2, must be at most the one before, 1",
	     "temperatures[1] is 1, must be above 1: temperatures rise from 1"},
	    {{1, 3, 2},
	     "temperatures[1] is 3, must be at most the one before, 1",
	     "temperatures[2] is 2, must be above 3: temperatures rise from 1"},
	    {{4, 2, 0},
	     "temperatures[2] is 0, must be above 0 and finite",
	     "temperatures[0] is 4, must be 1: temperatures rise from 1"},
	    {{4, -2, -3},
	     "temperatures[1] is -2, must be above 0 and finite",
	     "temperatures[0] is 4, must be 1: temperatures rise from 1"},
	    {{4, NAN, 1},
	     "temperatures[1] is nan, must be above 0 and finite",
	     "temperatures[0] is 4, must be 1: temperatures rise from 1"},
	    {{INFINITY, 2, 1},
	     "temperatures[0] is inf, must be above 0 and finite",
	     "temperatures[0] is inf, must be 1: temperatures rise from 1"},
	    {{1, 2, INFINITY},
	     "temperatures[1] is 2, must be at most the one before, 1",
	     "temperatures[2] is inf, must be above 0 and finite"},
	    {{1, NAN, 3},
	     "temperatures[1] is nan, must be above 0 and finite",
	     "temperatures[1] is nan, must be above 1: temperatures rise from 1"},
	};
	char text[200];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int k = ANNEALED; k <= TEMPERED; k++) {
			const char *words = k == ANNEALED ? cases[i].annealed : cases[i].tempered;
			options o = defaults_of(&kernels[k]);
			if (k == ANNEALED) o.annealed.temperatures = cases[i].t, o.annealed.levels = 3;
			if (k == TEMPERED) o.tempered.temperatures = cases[i].t, o.tempered.levels = 3;
			if (!words) {
				watch(&kernels[k], &o);
				continue;
			}
			snprintf(text, sizeof text, "%s: %s", kernels[k].name, words);
			expect_rejection(&kernels[k], &o, EGM_ERR_ARGUMENT, text);
		}
	options a = defaults_of(&kernels[ANNEALED]), t = defaults_of(&kernels[TEMPERED]);
	a.annealed.levels = t.tempered.levels = 2;
	expect_rejection(&kernels[ANNEALED], &a, EGM_ERR_ARGUMENT,
	                 "egm_sampler_annealed_langevin: temperatures is NULL, must have one for each of 2 levels");
	expect_rejection(&kernels[TEMPERED], &t, EGM_ERR_ARGUMENT,
	                 "egm_sampler_tempered: temperatures is NULL, must have one for each of 2 levels");
}
END_TEST

/* Members beyond the end of a shorter struct have their defaults; a longer struct may end in zeros. */
START_TEST(test_options__structs_of_other_ages)
{
	const kernel *k = &kernels[_i];
	conduct usual = watch(k, NULL);
	options o;
	char text[200];
	for (size_t size = sizeof(size_t); size <= k->size + 16; size += sizeof(size_t)) {
		memset(&o, 0x5a, sizeof o);
		memset(&o, 0, size);
		memcpy(&o, k->defaults, size < k->size ? size : k->size);
		o.shared.struct_size = size;
		conduct c = watch(k, &o);
		ck_assert_msg(same(&usual, &c), "%s: struct_size %zu", k->name, size);
	}
	o.bytes[k->size + 15] = 1;
	egm_sampler *s = NULL;
	ck_assert_int_eq(k->make(&s, target, &o), EGM_ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(egm_last_error(), "newer"));
	const size_t word = sizeof(size_t), sizes[] = {0, word / 2, word + word / 2, 1 << 20, SIZE_MAX};
	for (int i = 0; i < 5; i++) {
		o = defaults_of(k);
		o.shared.struct_size = sizes[i];
		ck_assert_int_eq(k->make(&s, target, &o), EGM_ERR_ARGUMENT);
		snprintf(text, sizeof text, "%s: struct_size is %zu, must be", k->name, sizes[i]);
		ck_assert_msg(!strncmp(egm_last_error(), text, strlen(text)), "%s", egm_last_error());
		ck_assert_ptr_null(s);
	}
}
END_TEST

START_TEST(test_options__wrong_arguments)
{
	const kernel *k = &kernels[_i];
	char text[200];
	egm_sampler *s = (egm_sampler *)(void *)&s;
	ck_assert_int_eq(k->make(NULL, target, NULL), EGM_ERR_ARGUMENT);
	snprintf(text, sizeof text, "%s: out is NULL", k->name);
	ck_assert_str_eq(egm_last_error(), text);
	ck_assert_int_eq(k->make(&s, NULL, NULL), EGM_ERR_ARGUMENT);
	snprintf(text, sizeof text, "%s: target is NULL", k->name);
	ck_assert_str_eq(egm_last_error(), text);
	ck_assert_ptr_null(s);
	options o = defaults_of(k);
	o.shared.chains = INT64_C(1) << 60;
	snprintf(text, sizeof text,
	         "%s: 1152921504606846976 chains of 1 levels in 2 dimensions, must be fewer: memory or random numbers do "
	         "not suffice",
	         k->name);
	expect_rejection(k, &o, EGM_ERR_ARGUMENT, text);
	ck_assert_int_eq(energy.calls, 0);
	ck_assert_int_eq(egm_sampler_chains(NULL), 0);
	ck_assert_int_eq(egm_sampler_dims(NULL), 0);
	ck_assert_int_eq(egm_sampler_dtype(NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel options");
	TCase *tc = fixture_case(suite, "members", "R16 R17 R18", setup, teardown);
	tcase_add_loop_test(tc, test_options__the_range_of_every_member, 0, MEMBERS);
	tcase_add_loop_test(tc, test_options__every_member_takes_effect, 0, MEMBERS);
	tcase_add_loop_test(tc, test_options__arrays_take_effect, 0, KERNELS);
	tcase_add_loop_test(tc, test_options__arrays_are_copied, 0, KERNELS);
	tcase_add_test(tc, test_options__arrays_that_are_rejected);
	tcase_add_test(tc, test_options__temperatures_that_are_rejected);
	tc = fixture_case(suite, "structs", "R16 R18", setup, teardown);
	tcase_add_loop_test(tc, test_options__null_is_the_initialiser, 0, KERNELS);
	tcase_add_loop_test(tc, test_options__structs_of_other_ages, 0, KERNELS);
	tcase_add_loop_test(tc, test_options__wrong_arguments, 0, KERNELS);
	return egm_test_main(suite);
}
