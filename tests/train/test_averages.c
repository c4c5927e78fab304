/* SPDX-License-Identifier: MIT */
/* Averages of parameters against recursions in plain numbers. Move t of a network updates its average by
 *
 *     y <- c y + (1 - c) w,   c = min(average_decay, (t - 1)/(t + 8)),   w the network after the move,
 *
 * including clipping and running statistics. As long as (t - 1)/(t + 8) is below the decay, this is the mean of w_1
 * .. w_t with weights proportional to k (k + 1) ... (k + 7): w_k enters with 9/(k + 8) and is multiplied by (j -
 * 1)/(j + 8) at each later j, in total 9 (k + 7)!/(k - 1)! (t - 1)!/(t + 8)!. The weights sum to 1: that of the
 * initial network is 0. */
#include "adversarial_training.h"
#include <float.h>
#include <train/trainer_impl.h>
#include <unistd.h>

enum { ROWS = 64, COLUMNS = 2, LATENT = 2, HIDDEN = 6, MOST = 128 };

/* ---- by hand */

/* Critic w x + b, real points at 2 and fake ones at 0: L = mean D(fake) - mean D(real) = -2 w. From -0.01 a step of
 * rate 1 goes to 1.99, which is cut to 0.01, and there w stays: every average of what the critic was after a step is
 * 0.01. Before the cut it was 1.99; a recursion that begins at -0.01 would give 0, 0.005, 0.0075. */
START_TEST(test_average__is_of_what_was_cut)
{
	static const double real[ROWS] = {[0] = 2};
	double x[ROWS];
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	ring r = ring_open(_i ? EGM_F64 : EGM_F32, 1);
	for (int i = 0; i < ROWS; i++) x[i] = real[0];
	ring_data(&r, x, ROWS, 1);
	r.judge = ring_net(&r, "critic", 1, 0, 0, 1, NULL, 0, 1);
	r.generator = ring_point(&r, 0);
	RING_SET(r.judge, "0.weight", -.01);
	o.penalty = 0;
	o.clip = .01;
	o.critic_steps = 1;
	RING_OK(egm_loss_wgan(&r.loss, r.judge, r.generator, &o));
	r.options.batch = 8;
	r.options.optimizer = EGM_OPTIMIZER_SGD;
	r.options.momentum = 0;
	r.options.learning_rate = 1;
	r.options.average_decay = .5;
	ring_trainer(&r);
	double bound = _i ? .01 : (double).01F;
	for (int t = 0; t < 12; t++) {
		egm_model *average = NULL;
		ring_fit(&r, 1);
		RING_OK(egm_trainer_average(&average, r.trainer, r.judge));
		ck_assert(ring_get(r.judge, "0.weight", 1, 0) == bound);
		double got = ring_get(average, "0.weight", 1, 0);
		ck_assert_msg(fabs(got - bound) <= 2 * bound * (_i ? DBL_EPSILON : (double)FLT_EPSILON), "%.17g", got);
		ck_assert(got <= bound); /* no rounding leaves the box */
		got = egm__number(r.dtype, r.trainer->nets[0].average, 0);
		ck_assert_msg(fabs(got - bound) <= 2 * bound * (_i ? DBL_EPSILON : (double)FLT_EPSILON), "%.17g", got);
		egm_model_free(average);
	}
	ring_close(&r);
}
END_TEST

/* ---- against the recursion */

enum { PLAIN, CLIPPED, SPECTRAL, NORMED, KINDS };

static egm_model *norm_net(const ring *r, const char *name, int64_t inputs, int64_t outputs, uint64_t seed)
{
	egm_model *net = NULL;
	RING_OK(egm_model_create(&net, r->context, name, inputs));
	RING_OK(egm_model_dense(net, HIDDEN));
	RING_OK(egm_model_batch_norm(net, 1e-3, 0.3));
	RING_OK(egm_model_silu(net));
	RING_OK(egm_model_dense(net, outputs));
	RING_OK(egm_model_build(net, r->dtype, seed));
	return net;
}

/* Three critic moves a step and one of the generator. */
static ring game(int kind, egm_dtype dtype, int32_t optimizer, double decay)
{
	double x[ROWS * COLUMNS];
	uint64_t state = 3;
	egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
	ring r = ring_open(dtype, 1);
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = 2 + ring_normal(&state);
	ring_data(&r, x, ROWS, COLUMNS);
	r.judge = ring_net(&r, "critic", COLUMNS, 1, HIDDEN, 1, egm_model_silu, kind == SPECTRAL, 1);
	r.generator = kind == NORMED ? norm_net(&r, "generator", LATENT, COLUMNS, 2)
	                             : ring_net(&r, "generator", LATENT, 1, HIDDEN, COLUMNS, egm_model_silu, 0, 2);
	o.penalty = 0;
	o.clip = kind == CLIPPED ? .05 : 0;
	o.critic_steps = 3;
	RING_OK(egm_loss_wgan(&r.loss, r.judge, r.generator, &o));
	r.options.batch = 16;
	r.options.optimizer = optimizer;
	r.options.learning_rate = .02;
	r.options.average_decay = decay;
	ring_trainer(&r);
	RING_OK(egm__batches_fit(&r.trainer->batches, ROWS));
	return r;
}

typedef struct oracle {
	const egm_model *net;
	int64_t moves;
	double y[MOST];
} oracle;

static void follow(oracle *o, double decay)
{
	double t = (double)++o->moves, share = fmin(decay, (t - 1) / (t + 8));
	ck_assert_int_le(o->net->count, MOST);
	for (int64_t i = 0; i < o->net->count; i++)
		o->y[i] = share * o->y[i] + (1 - share) * egm__number(o->net->dtype, o->net->parameters, i);
}

/* Of what is trained and of running statistics: u and v of a spectral layer follow the averaged weight. Rounding: one
 * unit a move of numbers up to `size`, and what it was before shrinks, by the window of 1/(1 - c) moves: 10 * units. */
static void expect_average(const egm_trainer *trainer, const oracle *o)
{
	egm_model *average = NULL;
	double unit = o->net->dtype == EGM_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
	RING_OK(egm_trainer_average(&average, trainer, o->net));
	for (int32_t k = 0; k < average->n_tensors; k++) {
		const egm__tensor *t = &average->tensors[k];
		for (int64_t i = t->offset; (t->trained || t->statistic >= 0) && i < t->offset + t->count; i++) {
			double got = egm__number(average->dtype, average->parameters, i);
			ck_assert_msg(fabs(got - o->y[i]) <= 10 * unit * fmax(1, fabs(o->y[i])), "%s of '%s', move %lld: %g not %g",
			              t->name, average->name, (long long)o->moves, got, o->y[i]);
		}
	}
	egm_model_free(average);
}

/* Before its first move a network is its own average, also one that was given other parameters since. */
static void expect_itself(const ring *r)
{
	egm_model *average = NULL;
	RING_OK(egm_trainer_average(&average, r->trainer, r->judge));
	ck_assert_mem_eq(average->parameters, r->judge->parameters,
	                 (size_t)average->count * egm__dtype_size(average->dtype));
	egm_model_free(average);
}

START_TEST(test_average__follows_the_net_after_each_move)
{
	int kind = _i % KINDS;
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++) {
		ring r = game(kind, (egm_dtype)dtype, EGM_OPTIMIZER_ADAM + _i / KINDS, .9);
		oracle critic = {.net = r.judge}, generator = {.net = r.generator};
		RING_SET(r.judge, "2.bias", 7);
		expect_itself(&r);
		for (int step = 0; step < 40; step++) { /* 120 moves: .9 is reached at the 82nd */
			for (int k = 0; k < 3; k++) {
				RING_OK(egm__trainer_phase(r.trainer, 0, r.data));
				follow(&critic, .9);
				expect_average(r.trainer, &critic);
			}
			RING_OK(egm__trainer_phase(r.trainer, 1, r.data));
			follow(&generator, .9);
			expect_average(r.trainer, &generator);
		}
		ring_close(&r);
	}
}
END_TEST

/* The weights k (k + 1) ... (k + 7) of the comment on top, a mean and no recursion; steps of 3 critic moves. */
START_TEST(test_average__begins_as_a_mean_of_later_nets)
{
	ring r = game(PLAIN, EGM_F64, EGM_OPTIMIZER_SGD, .9999);
	double sum[MOST] = {0}, all = 0;
	for (int step = 0, k = 1; step < 20; step++) {
		for (int move = 0; move < 3; move++, k++) {
			double weight = 1;
			RING_OK(egm__trainer_phase(r.trainer, 0, r.data));
			for (int f = 0; f < 8; f++) weight *= k + f;
			all += weight;
			for (int64_t i = 0; i < r.judge->count; i++)
				sum[i] += weight * egm__number(EGM_F64, r.judge->parameters, i);
		}
		oracle mean = {.net = r.judge, .moves = k};
		for (int64_t i = 0; i < r.judge->count; i++) mean.y[i] = sum[i] / all;
		expect_average(r.trainer, &mean);
	}
	ring_close(&r);
}
END_TEST

/* At .999 the decay is the smaller one from the 8992nd move on. */
START_TEST(test_average__reaches_its_decay)
{
	ring r = game(PLAIN, EGM_F64, EGM_OPTIMIZER_ADAM, .999);
	oracle o = {.net = r.judge};
	RING_OK(egm__trainer_phase(r.trainer, 0, r.data));
	follow(&o, .999);
	r.trainer->nets[0].moves = o.moves = 8980;
	for (int i = 0; i < 24; i++) {
		RING_OK(egm__trainer_phase(r.trainer, 0, r.data));
		follow(&o, .999);
		expect_average(r.trainer, &o);
	}
	ck_assert(8990. / 8999 < .999 && 8991. / 9000 >= .999);
	ring_close(&r);
}
END_TEST

/* 300 x 300 weights are two chunks of the optimiser, and the second ends in the bias: each is clipped and then
 * averaged, by any thread. After the first move the average is the network. */
START_TEST(test_average__of_several_chunks)
{
	enum { WIDE = 300 };
	ring r[2];
	double x[ROWS * COLUMNS], wall = (double).01F;
	uint64_t state = 4;
	for (int i = 0; i < ROWS * COLUMNS; i++) x[i] = ring_normal(&state);
	for (int k = 0; k < 2; k++) {
		egm_wgan_options o = EGM_WGAN_OPTIONS_INIT;
		r[k] = ring_open(EGM_F32, 1 + 2 * k);
		ring_data(&r[k], x, ROWS, COLUMNS);
		r[k].judge = ring_net(&r[k], "critic", COLUMNS, 2, WIDE, 1, egm_model_silu, 0, 1);
		r[k].generator = ring_net(&r[k], "generator", LATENT, 1, HIDDEN, COLUMNS, egm_model_silu, 0, 2);
		o.penalty = 0;
		o.clip = .01;
		RING_OK(egm_loss_wgan(&r[k].loss, r[k].judge, r[k].generator, &o));
		r[k].options.batch = 16;
		r[k].options.learning_rate = .005;
		r[k].options.average_decay = .9;
		ring_trainer(&r[k]);
		RING_OK(egm__batches_fit(&r[k].trainer->batches, ROWS));
		RING_OK(egm__trainer_phase(r[k].trainer, 0, r[k].data));
		const egm_model *net = r[k].judge;
		int64_t on_the_wall[2] = {0};
		ck_assert_int_gt(net->count, EGM__OPTIMIZER_CHUNK);
		for (int64_t i = 0; i < net->count; i++) {
			double w = egm__number(EGM_F32, net->parameters, i);
			ck_assert(fabs(w) <= wall && egm__number(EGM_F32, r[k].trainer->nets[0].average, i) == w);
			on_the_wall[i >= EGM__OPTIMIZER_CHUNK] += fabs(w) == wall;
		}
		ck_assert(on_the_wall[0] > 100 && on_the_wall[1] > 100);
		RING_OK(egm__trainer_phase(r[k].trainer, 0, r[k].data));
	}
	size_t size = (size_t)r[0].judge->count * sizeof(float);
	ck_assert_mem_eq(r[0].judge->parameters, r[1].judge->parameters, size);
	ck_assert_mem_eq(r[0].trainer->nets[0].average, r[1].trainer->nets[0].average, size);
	for (int k = 0; k < 2; k++) ring_close(&r[k]);
}
END_TEST

/* ---- checkpoints */

static void bytes_are_equal(const ring *a, const ring *b)
{
	const egm_model *of[2][2] = {{a->judge, b->judge}, {a->generator, b->generator}};
	for (int i = 0; i < 2; i++) {
		egm_model *x = NULL, *y = NULL;
		size_t size = (size_t)of[i][0]->count * egm__dtype_size(of[i][0]->dtype);
		RING_OK(egm_trainer_average(&x, a->trainer, of[i][0]));
		RING_OK(egm_trainer_average(&y, b->trainer, of[i][1]));
		ck_assert_mem_eq(of[i][0]->parameters, of[i][1]->parameters, size);
		ck_assert_mem_eq(x->parameters, y->parameters, size);
		egm_model_free(x);
		egm_model_free(y);
	}
}

/* Saved after any number of steps, at the start and on both sides of where .9 is reached too. */
START_TEST(test_average__resumes_bit_for_bit)
{
	static const int64_t cuts[] = {0, 1, 5, 27, 28, 35};
	int kind = _i % KINDS;
	char path[] = "average-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ring straight = game(kind, EGM_F32, EGM_OPTIMIZER_ADAM + _i / KINDS, .9);
	ring_fit(&straight, 36);
	for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
		ring first = game(kind, EGM_F32, EGM_OPTIMIZER_ADAM + _i / KINDS, .9);
		ring second = game(kind, EGM_F32, EGM_OPTIMIZER_ADAM + _i / KINDS, .9);
		ring_fit(&first, cuts[c]);
		ring_fit(&second, 3); /* is forgotten */
		RING_OK(egm_trainer_save(first.trainer, path));
		RING_OK(egm_trainer_restore(second.trainer, path, NULL));
		ring_fit(&second, 36 - cuts[c]);
		bytes_are_equal(&straight, &second);
		ring_close(&first);
		ring_close(&second);
	}
	ring_close(&straight);
	unlink(path);
}
END_TEST

/* Averages of 0.4 began at the initial network and were taken before clipping, with the same names in files.
 * Such an average, here 7 everywhere, is still a network of the box, and is left (t/T)^9 of itself, as the product of
 * (j - 1)/(j + 8) is between (t/(T + 9))^9 and ((t + 9)/T)^9: of a checkpoint after 15 moves, after 150 at most 1.7e-7
 * of 7 remain. */
START_TEST(test_average__forgets_what_an_older_version_averaged)
{
	char path[] = "average-XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ring old = game(CLIPPED, EGM_F32, EGM_OPTIMIZER_ADAM, .999), new = game(CLIPPED, EGM_F32, EGM_OPTIMIZER_ADAM, .999);
	ring clean = game(CLIPPED, EGM_F32, EGM_OPTIMIZER_ADAM, .999);
	ring_fit(&old, 5);
	for (int64_t i = 0; i < old.judge->count; i++) egm__number_put(EGM_F32, old.trainer->nets[0].average, i, 7);
	RING_OK(egm_trainer_save(old.trainer, path));
	RING_OK(egm_trainer_restore(new.trainer, path, NULL));
	egm_model *x = NULL, *y = NULL;
	RING_OK(egm_trainer_average(&x, new.trainer, new.judge));
	for (int64_t i = 0; i < x->count; i++) ck_assert(egm__number(EGM_F32, x->parameters, i) == (double).05F);
	egm_model_free(x);
	ring_fit(&new, 45);
	ring_fit(&clean, 50);
	RING_OK(egm_trainer_average(&x, new.trainer, new.judge));
	RING_OK(egm_trainer_average(&y, clean.trainer, clean.judge));
	for (int64_t i = 0; i < x->count; i++)
		ck_assert(fabs(egm__number(EGM_F32, x->parameters, i) - egm__number(EGM_F32, y->parameters, i)) <=
		          7 * pow(24. / 150, 9) + 10 * (double)FLT_EPSILON * .05);
	egm_model_free(x);
	egm_model_free(y);
	ring_close(&old);
	ring_close(&new);
	ring_close(&clean);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/averages");
	TCase *tc = tcase_create("averages");
	tcase_set_tags(tc, "K23");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_average__is_of_what_was_cut, 0, 2);
	tcase_add_loop_test(tc, test_average__follows_the_net_after_each_move, 0, 3 * KINDS);
	tcase_add_test(tc, test_average__begins_as_a_mean_of_later_nets);
	tcase_add_test(tc, test_average__reaches_its_decay);
	tcase_add_test(tc, test_average__of_several_chunks);
	suite_add_tcase(suite, tc);
	tc = tcase_create("checkpoints");
	tcase_set_tags(tc, "K24");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_average__resumes_bit_for_bit, 0, 3 * KINDS);
	tcase_add_test(tc, test_average__forgets_what_an_older_version_averaged);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
