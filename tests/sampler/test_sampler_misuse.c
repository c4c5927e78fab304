/* SPDX-License-Identifier: MIT */
/* Wrong arguments to every egm_sampler_* function, options that a kernel does not use, structs of other ages, and
 * memory that runs out at every call. Saving and loading are tested with the files they write. */
#include "loop_fixture.h"
#include <stddef.h>

enum { CHAINS = 3 };

static loop_target fixture;
static egm_sampler *sampler;

static void setup(void)
{
	open_target(&fixture, CALLBACK, 1);
	egm_sampler_options o = loop_options(EGM_SAMPLER_MALA, CHAINS);
	sampler = make_sampler(fixture.target, &o);
}

static void teardown(void)
{
	egm_sampler_free(sampler);
	close_target(&fixture);
}

#define ck_assert_refused(call, status, words)                                                                 \
	do {                                                                                                       \
		egm_status st_ = (call);                                                                               \
		ck_assert_msg(st_ == (status), "%s: %s: %s", #call, egm_status_name(st_), egm_last_error());           \
		ck_assert_msg(strstr(egm_last_error(), words), "%s: '%s' lacks '%s'", #call, egm_last_error(), words); \
	} while (0)

/* ---- arguments */

START_TEST(test_misuse__null_and_out_of_range)
{
	egm_sampler_options o = loop_options(EGM_SAMPLER_MALA, CHAINS);
	egm_sampler_statistics stats = {.struct_size = sizeof stats};
	double points[CHAINS * LOOP_MOST];
	egm_sampler *made = sampler;
	const egm_status argument = EGM_ERR_ARGUMENT;
	egm_sampler_free(NULL);
	ck_assert_refused(egm_sampler_create(NULL, fixture.target, &o), argument, "out is NULL");
	ck_assert_refused(egm_sampler_create(&made, NULL, &o), argument, "target is NULL");
	ck_assert_ptr_null(made);

	ck_assert_refused(egm_sampler_set_points(NULL, points_in(NULL, EGM_F64, points)), argument, "sampler is NULL");
	ck_assert_refused(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, NULL)), argument, "points is NULL");
	ck_assert_refused(egm_sampler_set_points(sampler, points_in(sampler, EGM_F32, points)), EGM_ERR_DTYPE, "f64");
	ck_assert_refused(egm_sampler_points(NULL, points_out(NULL, EGM_F64, points)), argument, "sampler is NULL");
	ck_assert_refused(egm_sampler_points(sampler, points_out(sampler, EGM_F64, NULL)), argument, "points is NULL");
	ck_assert_refused(egm_sampler_points(sampler, points_out(sampler, EGM_F32, points)), EGM_ERR_DTYPE, "f64");

	ck_assert_refused(egm_sampler_warmup(NULL, 10, NULL, NULL), argument, "sampler is NULL");
	ck_assert_refused(egm_sampler_warmup(sampler, 0, NULL, NULL), argument, "0 steps");
	ck_assert_refused(egm_sampler_warmup(sampler, -1, NULL, NULL), argument, "-1 steps");
	ck_assert_refused(egm_sampler_run(NULL, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument, "sampler is NULL");
	ck_assert_refused(egm_sampler_run(sampler, 0, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument, "0 draws");
	ck_assert_refused(egm_sampler_run(sampler, -5, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument, "-5 draws");
	ck_assert_refused(egm_sampler_run(sampler, 1, 0, egm_no_out(), egm_no_out(), NULL, NULL), argument, "thin is 0");
	ck_assert_refused(egm_sampler_run(sampler, INT64_MAX, 1, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                  "more than memory");
	ck_assert_refused(egm_sampler_run(sampler, 2, INT64_MAX, egm_no_out(), egm_no_out(), NULL, NULL), argument,
	                  "more than memory");

	ck_assert_refused(egm_sampler_stats(NULL, 0, &stats), argument, "sampler is NULL");
	ck_assert_refused(egm_sampler_stats(sampler, 0, NULL), argument, "statistics is NULL");
	ck_assert_refused(egm_sampler_stats(sampler, -2, &stats), argument, "chain -2 of 3");
	ck_assert_refused(egm_sampler_stats(sampler, CHAINS, &stats), argument, "chain 3 of 3");
	ck_assert_refused(egm_sampler_scale(NULL, 0, egm_f64_out(points, egm_sampler_dims(NULL), 1)), argument,
	                  "sampler is NULL");
	ck_assert_refused(egm_sampler_scale(sampler, 0, egm_out_of(EGM_F64, NULL, egm_sampler_dims(sampler), 1)), argument,
	                  "scale is NULL");
	ck_assert_refused(egm_sampler_scale(sampler, -1, egm_f64_out(points, egm_sampler_dims(sampler), 1)), argument,
	                  "chain -1 of 3");
	ck_assert_refused(egm_sampler_scale(sampler, CHAINS, egm_f64_out(points, egm_sampler_dims(sampler), 1)), argument,
	                  "chain 3 of 3");
	ck_assert_int_eq(fixture.law.calls, 0);
}
END_TEST

/* A refused point changes nothing; the box is open. */
START_TEST(test_misuse__points_where_no_chain_can_stand)
{
	double before[CHAINS][LOOP_MOST], points[CHAINS * LOOP_MOST];
	const struct {
		double value;
		int64_t dimension;
		egm_status status;
		const char *words;
	} row[] = {{NAN, 0, EGM_ERR_NONFINITE, "chain 1, dimension 0"},
	           {INFINITY, 4, EGM_ERR_NONFINITE, "chain 1, dimension 4"},
	           {-1, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1 is not inside of -1 to 2"},
	           {2, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1"},
	           {2.5, 1, EGM_ERR_ARGUMENT, "chain 1, dimension 1"},
	           {-4.5, 2, EGM_ERR_ARGUMENT, "chain 1, dimension 2"},
	           {3, 3, EGM_ERR_ARGUMENT, "chain 1, dimension 3 is not inside of -inf to 3"}};
	ck_assert_egm(egm_sampler_run(sampler, 5, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, before)));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memcpy(points, before, sizeof points);
		points[fixture.dims + row[i].dimension] = row[i].value;
		points[0] = 0.5;
		ck_assert_refused(egm_sampler_set_points(sampler, points_in(sampler, EGM_F64, points)), row[i].status,
		                  row[i].words);
		ck_assert_egm(egm_sampler_points(sampler, points_out(sampler, EGM_F64, points)));
		ck_assert_mem_eq(points, before, (size_t)(CHAINS * fixture.dims) * sizeof *points);
	}
	ck_assert(isfinite(sampler_stats(sampler, -1).energy));
}
END_TEST

START_TEST(test_misuse__kernels_that_adapt_nothing)
{
	const int32_t kernels[] = {EGM_SAMPLER_ULA, EGM_SAMPLER_ANNEALED_LANGEVIN};
	for (int i = 0; i < 2; i++) {
		egm_sampler_options o = loop_options(kernels[i], CHAINS);
		egm_sampler *s = make_sampler(fixture.target, &o);
		ck_assert_refused(egm_sampler_warmup(s, 10, NULL, NULL), EGM_ERR_STATE, "adapts nothing");
		egm_sampler_free(s);
	}
	ck_assert_egm(egm_sampler_warmup(sampler, 1, NULL, NULL));
}
END_TEST

/* ---- options */

enum { ULA = 2, MALA = 4, HMC = 8, NUTS = 16, ANNEALED = 32, TEMPERED = 64, ALL = 126 }; /* 1 << kernel */

typedef enum member_kind { REAL, COUNT, FLAG } member_kind;

#define MEMBER(name) #name, offsetof(egm_sampler_options, name)

/* Who uses a member, and three values that they refuse. */
static const struct member {
	const char *name;
	size_t offset;
	member_kind kind;
	int users;
	double bad[3];
} members[] = {{MEMBER(reserved), FLAG, 0, {0}},
               {MEMBER(chains), COUNT, ALL, {0, -1, 1e18}},
               {MEMBER(step_size), REAL, ALL, {0, -1, INFINITY}},
               {MEMBER(jitter), REAL, MALA | HMC, {1, -0.1, 2}},
               {MEMBER(start_scale), REAL, ALL, {-1, INFINITY, -INFINITY}},
               {MEMBER(target_accept), REAL, MALA | HMC | NUTS | TEMPERED, {0, 1, -1}},
               {MEMBER(leapfrog_steps), COUNT, HMC, {0, -1, 1e12}},
               {MEMBER(max_depth), COUNT, NUTS, {0, 17, -3}},
               {MEMBER(divergence), REAL, HMC | NUTS, {0, -1, INFINITY}},
               {MEMBER(levels), COUNT, ANNEALED | TEMPERED, {0, 257, -1}},
               {MEMBER(steps_per_level), COUNT, ANNEALED | TEMPERED, {0, -1, 1e12}},
               {MEMBER(denoise), REAL, ANNEALED, {-1, INFINITY, -INFINITY}},
               {MEMBER(adapt_scale), FLAG, MALA | HMC | NUTS, {2, -1, 7}},
               {MEMBER(reserved2), FLAG, 0, {0}}};

static void set_member(egm_sampler_options *o, const struct member *m, double value)
{
	char *at = (char *)o + m->offset;
	if (m->kind == REAL) memcpy(at, &value, sizeof value);
	if (m->kind == COUNT) memcpy(at, &(int64_t){(int64_t)value}, sizeof(int64_t));
	if (m->kind == FLAG) memcpy(at, &(int32_t){(int32_t)value}, sizeof(int32_t));
}

static void assert_refused(const egm_sampler_options *o, const char *words)
{
	egm_sampler *s = sampler;
	ck_assert_refused(egm_sampler_create(&s, fixture.target, o), EGM_ERR_ARGUMENT, words);
	ck_assert_ptr_null(s);
}

START_TEST(test_misuse__options_of_each_kernel)
{
	const int32_t kernel = _i;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const struct member *m = &members[i];
		int used = m->users >> kernel & 1;
		const char *words = !strncmp(m->name, "reserved", 8) ? "reserved" : m->name;
		for (int k = 0; k < (used ? 3 : 1); k++) {
			egm_sampler_options o = loop_options(kernel, CHAINS);
			set_member(&o, m, used ? m->bad[k] : 1);
			assert_refused(&o,
			               m->offset == offsetof(egm_sampler_options, chains) && k == 2 ? "than it can hold" : words);
		}
		if (m->kind != REAL) continue;
		egm_sampler_options o = loop_options(kernel, CHAINS);
		set_member(&o, m, NAN);
		assert_refused(&o, m->name);
	}
	egm_sampler_options o = loop_options(kernel, CHAINS);
	o.kernel = _i == 1 ? 0 : 7;
	assert_refused(&o, "EGM_SAMPLER_");
}
END_TEST

START_TEST(test_misuse__arrays_of_options)
{
	const double scales[][5] = {{1, 1, 0, 1, 1}, {1, 1, -1, 1, 1}, {1, 1, NAN, 1, 1}, {1, 1, INFINITY, 1, 1}};
	const double rising[3] = {1, 2, 1.5}, off[3] = {2, 3, 4}, flat[3] = {1, 1, 2}, negative[3] = {3, -1, 1};
	for (int32_t kernel = 1; kernel <= LOOP_KERNELS; kernel++) {
		egm_sampler_options o = loop_options(kernel, CHAINS);
		for (int i = 0; i < 4; i++) o.scale = scales[i], assert_refused(&o, "scale[2]");
		o.scale = NULL;
		o.temperatures = loop_temperatures;
		if (kernel <= EGM_SAMPLER_NUTS) assert_refused(&o, "temperatures are not used");
	}
	egm_sampler_options a = loop_options(EGM_SAMPLER_ANNEALED_LANGEVIN, CHAINS);
	egm_sampler_options t = loop_options(EGM_SAMPLER_TEMPERED, CHAINS);
	a.temperatures = rising;
	assert_refused(&a, "temperatures[1] = 2 is above");
	a.temperatures = negative;
	assert_refused(&a, "temperatures[1] = -1");
	t.temperatures = rising;
	assert_refused(&t, "temperatures[2] = 1.5");
	t.temperatures = off;
	assert_refused(&t, "temperatures[0] = 2; they rise from 1");
	t.temperatures = flat;
	assert_refused(&t, "temperatures[1] = 1; they rise from 1");
	a.temperatures = t.temperatures = NULL;
	assert_refused(&a, "temperatures is NULL");
	assert_refused(&t, "temperatures is NULL");

	/* a number that f32 does not have */
	loop_target narrow;
	const double subnormal[5] = {1, 1, 1, 1e-40, 1};
	open_target(&narrow, NET_32, 1);
	egm_sampler_options o = loop_options(EGM_SAMPLER_MALA, CHAINS);
	o.scale = subnormal;
	egm_sampler *s = NULL;
	ck_assert_refused(egm_sampler_create(&s, narrow.target, &o), EGM_ERR_ARGUMENT, "scale[3] = 1e-40");
	close_target(&narrow);
	s = make_sampler(fixture.target, &o);
	double back[5];
	ck_assert_egm(egm_sampler_scale(s, 2, egm_f64_out(back, egm_sampler_dims(s), 1)));
	ck_assert_mem_eq(back, subnormal, sizeof back);
	ck_assert_egm(egm_sampler_scale(sampler, 2, egm_f64_out(back, egm_sampler_dims(sampler), 1)));
	for (int j = 0; j < 5; j++) ck_assert(back[j] == 1);
	egm_sampler_free(s);
}
END_TEST

/* NULL is nuts; a struct that ends early has its kernel's defaults behind its end; one of a later library may end in
 * zeros. */
START_TEST(test_misuse__structs_of_other_ages)
{
	union {
		egm_sampler_options o;
		unsigned char bytes[sizeof(egm_sampler_options) + 16];
	} u;
	egm_sampler *s = NULL;
	for (int32_t kernel = 1; kernel <= LOOP_KERNELS; kernel++)
		for (size_t size = 16; size <= sizeof u; size += sizeof(size_t)) {
			memset(&u, 0x5a, sizeof u);
			ck_assert_egm(egm_sampler_options_init(&u.o, size, kernel));
			for (size_t i = size; i < sizeof u; i++) ck_assert_uint_eq(u.bytes[i], 0x5a);
			ck_assert_egm(egm_sampler_create(&s, fixture.target, &u.o));
			egm_sampler_free(s);
		}
	u.bytes[sizeof u - 1] = 1;
	ck_assert_refused(egm_sampler_create(&s, fixture.target, &u.o), EGM_ERR_UNSUPPORTED, "newer");
	const size_t word = sizeof(size_t), sizes[] = {0, word / 2, word + word / 2, 1 << 20, SIZE_MAX};
	for (int i = 0; i < 5; i++) {
		ck_assert_refused(egm_sampler_options_init(&u.o, sizes[i], 1), EGM_ERR_ARGUMENT, "size");
		ck_assert_egm(egm_sampler_options_init(&u.o, sizeof u.o, 1));
		u.o.struct_size = sizes[i];
		ck_assert_refused(egm_sampler_create(&s, fixture.target, &u.o), EGM_ERR_ARGUMENT, "struct_size");
	}
	ck_assert_refused(egm_sampler_options_init(NULL, sizeof u.o, 1), EGM_ERR_ARGUMENT, "NULL");
	ck_assert_refused(egm_sampler_options_init(&u.o, sizeof u.o, 0), EGM_ERR_ARGUMENT, "kernel 0");
	ck_assert_refused(egm_sampler_options_init(&u.o, sizeof u.o, 7), EGM_ERR_ARGUMENT, "kernel 7");
	ck_assert_egm(egm_sampler_create(&s, fixture.target, NULL));
	ck_assert_egm(egm_sampler_run(s, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	ck_assert(sampler_stats(s, -1).leapfrogs >= 1);
	egm_sampler_free(s);
}
END_TEST

START_TEST(test_misuse__statistics_of_other_ages)
{
	union {
		egm_sampler_statistics s;
		unsigned char bytes[sizeof(egm_sampler_statistics) + 16];
	} u;
	ck_assert_egm(egm_sampler_run(sampler, 4, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_statistics whole = sampler_stats(sampler, -1);
	for (size_t size = 8; size <= sizeof u; size += 8) {
		memset(&u, 0x5a, sizeof u);
		ck_assert_egm(egm_sampler_statistics_init(&u.s, size));
		ck_assert_egm(egm_sampler_stats(sampler, -1, &u.s));
		ck_assert_uint_eq(u.s.struct_size, size);
		size_t known = size < sizeof whole ? size : sizeof whole;
		ck_assert_mem_eq(u.bytes + 8, (const unsigned char *)&whole + 8, known - 8);
		for (size_t i = size; i < sizeof u; i++) ck_assert_uint_eq(u.bytes[i], 0x5a);
	}
	const size_t word = sizeof(size_t), sizes[] = {0, word / 2, word + word / 2, 1 << 20, SIZE_MAX};
	for (int i = 0; i < 5; i++) {
		ck_assert_refused(egm_sampler_statistics_init(&u.s, sizes[i]), EGM_ERR_ARGUMENT, "size");
		u.s.struct_size = sizes[i];
		ck_assert_refused(egm_sampler_stats(sampler, -1, &u.s), EGM_ERR_ARGUMENT, "struct_size");
	}
	ck_assert_refused(egm_sampler_statistics_init(NULL, 64), EGM_ERR_ARGUMENT, "NULL");
}
END_TEST

/* ---- memory */

/* Makes a sampler, runs it, warms it up; the failed call is made again with memory, so that what it left can be used.
 * Whether memory ran out. */
static int live_through(egm_target *target, const egm_sampler_options *o, egm_test_allocator *allocator)
{
	egm_sampler *s = NULL;
	int failures = 0, warms = o->kernel != EGM_SAMPLER_ULA && o->kernel != EGM_SAMPLER_ANNEALED_LANGEVIN;
	double points[CHAINS * LOOP_MOST];
	for (int call = 0; call < 4 + warms; call++) {
		egm_status st = call == 0   ? egm_sampler_create(&s, target, o)
		                : call == 1 ? egm_sampler_run(s, 2, 1, egm_no_out(), egm_no_out(), NULL, NULL)
		                : call == 2 ? egm_sampler_points(s, points_out(s, egm_target_dtype(target), points))
		                : call == 3 ? egm_sampler_set_points(s, points_in(s, egm_target_dtype(target), points))
		                            : egm_sampler_warmup(s, 30, NULL, NULL);
		if (st == EGM_OK) continue;
		ck_assert_refused(st, EGM_ERR_MEMORY, "memory");
		ck_assert(call > 0 || !s);
		failures++;
		allocator->fail_at = 0;
		call--;
	}
	ck_assert_egm(egm_sampler_run(s, 1, 1, egm_no_out(), egm_no_out(), NULL, NULL));
	egm_sampler_free(s);
	return failures > 0;
}

/* _i: kernel and target */
START_TEST(test_misuse__every_allocation_may_fail)
{
	static const int kinds[] = {NET_64, LATENT, CALLBACK, CONCURRENT};
	const double scale[LOOP_MOST] = {1, 2, 1, 1, 1, 1, 1, 1};
	egm_test_allocator allocator = {0};
	loop_target t;
	open_target_in(&t, egm_test_context(&allocator), kinds[_i / LOOP_KERNELS]);
	egm_sampler_options o = loop_options(1 + _i % LOOP_KERNELS, CHAINS);
	o.scale = scale;
	o.adapt_scale = o.kernel >= EGM_SAMPLER_MALA && o.kernel <= EGM_SAMPLER_NUTS;
	live_through(t.target, &o, &allocator);
	long live = allocator.live;
	for (int for_ever = 0; for_ever < 2; for_ever++)
		for (long k = 1, failed = 1; failed; k++) {
			allocator.fail_at = allocator.calls + k;
			allocator.for_ever = for_ever;
			failed = live_through(t.target, &o, &allocator);
			allocator.fail_at = 0;
			ck_assert_int_eq(allocator.live, live);
			ck_assert(k > 5 || failed);
		}
	close_target(&t);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sampler misuse");
	TCase *arguments = fixture_case(suite, "arguments", "R16 R17 R18", setup, teardown);
	tcase_add_test(arguments, test_misuse__null_and_out_of_range);
	tcase_add_test(arguments, test_misuse__points_where_no_chain_can_stand);
	tcase_add_test(arguments, test_misuse__kernels_that_adapt_nothing);
	tcase_add_loop_test(arguments, test_misuse__options_of_each_kernel, 1, LOOP_KERNELS + 1);
	tcase_add_test(arguments, test_misuse__arrays_of_options);
	tcase_add_test(arguments, test_misuse__structs_of_other_ages);
	tcase_add_test(arguments, test_misuse__statistics_of_other_ages);
	TCase *memory = new_case(suite, "memory", "R1");
	tcase_add_loop_test(memory, test_misuse__every_allocation_may_fail, 0, 4 * LOOP_KERNELS);
	return egm_test_main(suite);
}
