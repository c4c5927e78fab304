/* SPDX-License-Identifier: MIT */
/* Checkpoints: n steps, save, load and m steps equal n + m steps bit for bit; a file that does not fit changes
 * nothing; neither a kill nor a failing allocation loses the last checkpoint. */
#include "checkpoint_support.h"
#include <fenv.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { ROWS = 23, COLUMNS = 3, LATENT = 2 };

typedef struct setup {
	egm_dtype dtype;
	int32_t optimizer;
	double average_decay;
	uint64_t seed;
	int64_t hidden;
	int relu; /* instead of tanh */
} setup;

static const setup usual = {EGM_F64, EGM_OPTIMIZER_ADAM, 0.9, 11, 4, 0};

static egm_model *make_net(egm_context *context, const char *name, int64_t inputs, int64_t outputs, const setup *s)
{
	egm_model *net = NULL;
	if (!s->relu) return toy_net(context, name, inputs, s->hidden, outputs, s->dtype);
	ck_assert_int_eq(egm_model_create(&net, context, name, inputs), EGM_OK);
	egm_model_dense(net, s->hidden);
	egm_model_relu(net);
	egm_model_dense(net, outputs);
	ck_assert_int_eq(egm_model_build(net, s->dtype, 7), EGM_OK);
	return net;
}

static void pair_open(pair *p, egm_context *context, const setup *s)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	p->context = context;
	if (!context) ck_assert_int_eq(egm_context_create(&p->context, NULL), EGM_OK);
	p->energy = make_net(p->context, "energy", COLUMNS, 1, s);
	p->generator = make_net(p->context, "generator", LATENT, COLUMNS, s);
	p->loss = toy_pair(p->energy, p->generator);
	p->data = toy_data(p->context, s->dtype, ROWS, COLUMNS);
	options.batch = 4;
	options.learning_rate = 0.01;
	options.seed = s->seed;
	options.optimizer = s->optimizer;
	options.average_decay = s->average_decay;
	options.clip_norm = 0.5;
	options.schedule = EGM_SCHEDULE_COSINE;
	options.schedule_steps = 30;
	options.warmup_steps = 5;
	ck_assert_msg(egm_trainer_create(&p->trainer, p->loss, &options) == EGM_OK, "%s", egm_last_error());
}

/* ---- resuming */

/* 7 steps take 14 batches, 5 an epoch: the checkpoint falls into the middle of the third. */
static void expect_resume(const setup *s)
{
	const setup other = {s->dtype, s->optimizer, s->average_decay, s->seed + 1, s->hidden, s->relu};
	pair straight = {0}, first = {0}, second = {0};
	egm_model *x = NULL, *y = NULL;
	pair_open(&straight, NULL, s);
	pair_steps(&straight, 7 + 9);
	pair_open(&first, NULL, s);
	pair_steps(&first, 7);
	save(first.trainer, "middle.egm");
	pair_open(&second, NULL, &other);
	pair_steps(&second, 6); /* is forgotten, the order of the third epoch included */
	load(second.trainer, "middle.egm");
	ck_assert_int_eq(egm_trainer_steps(second.trainer), 7);
	ck_assert(isnan(egm_trainer_term(second.trainer, 0)));
	pair_steps(&second, 9);
	save(straight.trainer, "straight.egm");
	save(second.trainer, "resumed.egm");
	assert_same_files("straight.egm", "resumed.egm");
	ck_assert(egm_trainer_term(straight.trainer, 0) == egm_trainer_term(second.trainer, 0));
	ck_assert(egm_trainer_term(straight.trainer, 1) == egm_trainer_term(second.trainer, 1));
	if (s->average_decay > 0) {
		ck_assert_int_eq(egm_trainer_average(&x, straight.trainer, straight.energy), EGM_OK);
		ck_assert_int_eq(egm_trainer_average(&y, second.trainer, second.energy), EGM_OK);
		void *a = toy_parameters(x), *b = toy_parameters(y);
		ck_assert_mem_eq(a, b, (size_t)egm_model_parameter_count(x) * (s->dtype == EGM_F64 ? 8 : 4));
		free(a);
		free(b);
		egm_model_free(x);
		egm_model_free(y);
	}
	pair_close(&straight);
	pair_close(&first);
	pair_close(&second);
}

START_TEST(test_checkpoint__resumes_bit_for_bit)
{
	for (int dtype = EGM_F32; dtype <= EGM_F64; dtype++)
		for (int32_t optimizer = EGM_OPTIMIZER_ADAM; optimizer <= EGM_OPTIMIZER_SGD; optimizer++)
			for (int average = 0; average <= 1; average++) {
				setup s = usual;
				s.dtype = (egm_dtype)dtype;
				s.optimizer = optimizer;
				s.average_decay = average ? 0.9 : 0;
				expect_resume(&s);
			}
}
END_TEST

START_TEST(test_checkpoint__loads_before_the_first_step)
{
	setup s = usual;
	pair a = {0}, b = {0};
	pair_open(&a, NULL, &s);
	save(a.trainer, "start.egm");
	pair_open(&b, NULL, &s);
	pair_steps(&b, 4);
	load(b.trainer, "start.egm");
	save(b.trainer, "again.egm");
	assert_same_files("start.egm", "again.egm");
	pair_close(&a);
	pair_close(&b);
}
END_TEST

/* A compiled program may keep the parameters in an order of its own, and learns from the version that they changed: by
 * a step or a load, by every other writer in tests/sampler. */
START_TEST(test_checkpoint__writing_parameters_changes_their_version)
{
	pair p = {0};
	egm_model *average = NULL, *file = NULL;
	uint64_t energy, generator;
	pair_open(&p, NULL, &usual);
	energy = p.energy->version;
	generator = p.generator->version;
	pair_steps(&p, 1);
	ck_assert(p.energy->version != energy && p.generator->version != generator);
	energy = p.energy->version;
	generator = p.generator->version;
	save(p.trainer, "here.egm");
	ck_assert(p.energy->version == energy && p.generator->version == generator);
	load(p.trainer, "here.egm");
	ck_assert(p.energy->version != energy && p.generator->version != generator);
	energy = p.energy->version;
	ck_assert_int_eq(egm_trainer_average(&average, p.trainer, p.energy), EGM_OK);
	ck_assert_int_eq(egm_model_save(p.energy, "net.egm"), EGM_OK);
	ck_assert_int_eq(egm_model_load(&file, p.context, "net.egm", NULL), EGM_OK);
	ck_assert(p.energy->version == energy && average->version > 0 && file->version > 0);
	ck_assert_int_eq(egm_trainer_restore(p.trainer, "net.egm", NULL), EGM_ERR_FORMAT);
	ck_assert(p.energy->version == energy);
	egm_model_free(average);
	egm_model_free(file);
	pair_close(&p);
}
END_TEST

/* The system that the library is for, through its public calls alone. */
typedef struct gan {
	egm_context *context;
	egm_model *nets[3];
	egm_loss *loss;
	egm_data *data;
	egm_trainer *trainer;
} gan;

static void gan_open(gan *g, int32_t entropy)
{
	egm_energy_gan_options options = EGM_ENERGY_GAN_OPTIONS_INIT;
	egm_trainer_options trainer = EGM_TRAINER_OPTIONS_INIT;
	ck_assert_int_eq(egm_context_create(&g->context, NULL), EGM_OK);
	g->nets[0] = toy_net(g->context, "energy", COLUMNS, 6, 1, EGM_F32);
	g->nets[1] = toy_net(g->context, "generator", LATENT, 6, COLUMNS, EGM_F32);
	g->nets[2] = toy_net(g->context, "statistics", COLUMNS + LATENT, 6, 1, EGM_F32);
	g->data = toy_data(g->context, EGM_F32, ROWS, COLUMNS);
	options.entropy = entropy;
	options.noise = 0.1;
	ck_assert_msg(egm_loss_energy_gan(&g->loss, g->nets[0], g->nets[1], g->nets[2], &options) == EGM_OK, "%s",
	              egm_last_error());
	trainer.batch = 8;
	ck_assert_msg(egm_trainer_create(&g->trainer, g->loss, &trainer) == EGM_OK, "%s", egm_last_error());
}

static void gan_close(gan *g)
{
	egm_trainer_free(g->trainer);
	egm_loss_free(g->loss);
	egm_data_free(g->data);
	for (int i = 0; i < 3; i++) egm_model_free(g->nets[i]);
	egm_context_free(g->context);
}

START_TEST(test_checkpoint__resumes_an_energy_gan_with_its_moving_average)
{
	gan straight, first, second;
	gan_open(&straight, EGM_ENTROPY_DV);
	gan_open(&first, EGM_ENTROPY_DV);
	gan_open(&second, EGM_ENTROPY_DV);
	ck_assert_int_eq(egm_trainer_fit(straight.trainer, straight.data, 8, NULL, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_fit(first.trainer, first.data, 5, NULL, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_save(first.trainer, "gan.egm"), EGM_OK);
	ck_assert_msg(egm_trainer_restore(second.trainer, "gan.egm", NULL) == EGM_OK, "%s", egm_last_error());
	ck_assert_int_eq(egm_trainer_fit(second.trainer, second.data, 3, NULL, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_save(straight.trainer, "a.egm"), EGM_OK);
	ck_assert_int_eq(egm_trainer_save(second.trainer, "b.egm"), EGM_OK);
	assert_same_files("a.egm", "b.egm");
	gan_close(&straight);
	gan_close(&first);
	gan_close(&second);
}
END_TEST

/* Saved and loaded in a mode of the host that rounds otherwise, a state is the same, and its file byte for byte. */
START_TEST(test_checkpoint__does_not_depend_on_rounding)
{
	static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
	pair p = {0}, q = {0};
	pair_open(&p, NULL, &usual);
	pair_open(&q, NULL, &usual);
	pair_steps(&p, 5);
	save(p.trainer, "nearest.egm");
	fesetround(modes[_i]);
	egm_status saved = egm_trainer_save(p.trainer, "other.egm");
	egm_status loaded = egm_trainer_restore(q.trainer, "other.egm", NULL);
	int mode = fegetround();
	fesetround(FE_TONEAREST);
	OK(saved);
	OK(loaded);
	ck_assert_int_eq(mode, modes[_i]);
	assert_same_files("nearest.egm", "other.egm");
	save(q.trainer, "again.egm");
	assert_same_files("nearest.egm", "again.egm");
	pair_close(&p);
	pair_close(&q);
}
END_TEST

/* ---- rejections */

static void expect_rejected_by(const setup *s, const char *text)
{
	pair writer = {0}, reader = {0};
	pair_open(&writer, NULL, &usual);
	pair_steps(&writer, 3);
	save(writer.trainer, "theirs.egm");
	pair_open(&reader, NULL, s);
	pair_steps(&reader, 2);
	expect_rejection(reader.trainer, "theirs.egm", EGM_ERR_FORMAT, text);
	pair_close(&writer);
	pair_close(&reader);
}

START_TEST(test_load__rejects_another_kind_of_trainer)
{
	setup s = usual;
	s.optimizer = EGM_OPTIMIZER_RMSPROP;
	expect_rejected_by(&s, "optimizer is 'adam' in the checkpoint, 'rmsprop' in the trainer");
	s = usual;
	s.hidden = 5;
	expect_rejected_by(&s, "network 'energy' differs from layer 0 on: 'dense 3 4");
	s = usual;
	s.relu = 1;
	expect_rejected_by(&s, "network 'energy' differs from layer 1 on: 'tanh 4 4");
	s = usual;
	s.dtype = EGM_F32;
	expect_rejected_by(&s, "'energy.0.weight' is not f32");
	s = usual;
	s.average_decay = 0;
	expect_rejected_by(&s, "the checkpoint has 'energy.average', which the trainer does not have");
}
END_TEST

START_TEST(test_load__rejects_another_loss_and_missing_averages)
{
	setup s = usual;
	pair p = {0}, bare = {0};
	gan g, other;
	pair_open(&p, NULL, &usual);
	gan_open(&g, EGM_ENTROPY_JSD);
	ck_assert_int_eq(egm_trainer_save(g.trainer, "gan.egm"), EGM_OK);
	expect_rejection(p.trainer, "gan.egm", EGM_ERR_FORMAT,
	                 "loss is 'energy_gan' in the checkpoint, 'toy_pair' in the trainer");
	gan_open(&other, EGM_ENTROPY_NWJ); /* the same networks, another bound of the information */
	ck_assert_int_eq(egm_trainer_restore(other.trainer, "gan.egm", NULL), EGM_ERR_FORMAT);
	assert_error_has("variant is 'jsd' in the checkpoint, 'nwj' in the trainer");
	gan_close(&other);
	s.average_decay = 0;
	pair_open(&bare, NULL, &s);
	save(bare.trainer, "bare.egm");
	expect_rejection(p.trainer, "bare.egm", EGM_ERR_FORMAT,
	                 "the checkpoint has no 'energy.average', which the trainer has");
	ck_assert_int_eq(egm_model_save(p.energy, "model.egm"), EGM_OK);
	expect_rejection(p.trainer, "model.egm", EGM_ERR_FORMAT, "format");
	expect_rejection(p.trainer, "nowhere.egm", EGM_ERR_IO, "nowhere.egm");
	ck_assert_int_eq(egm_trainer_restore(p.trainer, NULL, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_restore(NULL, "gan.egm", NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_save(p.trainer, NULL), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_save(NULL, "gan.egm"), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(egm_trainer_save(p.trainer, "no/such/folder.egm"), EGM_ERR_IO);
	pair_close(&p);
	pair_close(&bare);
	gan_close(&g);
}
END_TEST

START_TEST(test_load__rejects_every_truncation)
{
	pair p = {0};
	pair_open(&p, NULL, &usual);
	pair_steps(&p, 2);
	save(p.trainer, "whole.egm");
	pair_steps(&p, 1);
	expect_cuts_rejected(p.trainer, "whole.egm");
	load(p.trainer, "whole.egm");
	pair_close(&p);
}
END_TEST

/* Replaces `old` by `new`, of the same length, in the header of the file. */
static void expect_forgery(pair *p, const char *old, const char *new, egm_status status, const char *text)
{
	size_t size;
	unsigned char *bytes, *place;
	save(p->trainer, "genuine.egm");
	bytes = io_read("genuine.egm", &size);
	ck_assert_uint_eq(strlen(old), strlen(new));
	place = memmem(bytes, size, old, strlen(old));
	ck_assert_msg(place != NULL, "%s is not in the file", old);
	memcpy(place, new, strlen(new));
	io_write("forged.egm", bytes, size);
	free(bytes);
	expect_rejection(p->trainer, "forged.egm", status, text);
}

START_TEST(test_load__trusts_no_counter_and_no_number)
{
	pair p = {0};
	pair_open(&p, NULL, &usual);
	pair_steps(&p, 12);
	expect_forgery(&p, "\"step\":\"12\"", "\"step\":\"-2\"", EGM_ERR_FORMAT, "step is '-2'");
	expect_forgery(&p, "\"step\":\"12\"", "\"step\":\" 2\"", EGM_ERR_FORMAT, "step is ' 2'");
	expect_forgery(&p, "\"step\":\"12\"", "\"stop\":\"12\"", EGM_ERR_FORMAT, "no 'step'");
	expect_forgery(&p, "\"batches\":\"24\"", "\"batches\":\"2x\"", EGM_ERR_FORMAT, "batches is '2x'");
	expect_forgery(&p, "\"format_version\":\"1\"", "\"format_version\":\"2\"", EGM_ERR_FORMAT, "format_version is '2'");
	expect_forgery(&p, "energy.moves\":\"24", "energy.moves\":\"+4", EGM_ERR_FORMAT, "energy.moves is '+4'");
	expect_forgery(&p, "\"energy.m\"", "\"energy.w\"", EGM_ERR_FORMAT, "no 'energy.m'");
	pair_close(&p);
}
END_TEST

START_TEST(test_load__rejects_numbers_that_would_spread)
{
	static const struct {
		const char *name;
		int64_t index;
		double value;
	} bad[] = {{"energy.0.weight", 2, NAN}, {"generator.2.bias", 1, INFINITY}, {"energy.m", 3, NAN},
	           {"energy.v", 5, INFINITY},   {"generator.v", 1, -1e-3},         {"energy.average", 0, NAN},
	           {"state", 0, -INFINITY}};
	pair p = {0};
	pair_open(&p, NULL, &usual);
	pair_steps(&p, 3);
	save(p.trainer, "good.egm");
	forge("good.egm", "same.egm", "energy.m", "energy.m", 0, 0.5, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		forge("good.egm", "bad.egm", bad[i].name, bad[i].name, bad[i].index, bad[i].value, 0);
		expect_rejection(p.trainer, "bad.egm", EGM_ERR_NONFINITE, bad[i].name);
	}
	load(p.trainer, "same.egm");
	pair_close(&p);
}
END_TEST

/* ---- memory */

START_TEST(test_memory__save_and_load_report_each_failure)
{
	egm_test_allocator allocator = {0};
	pair p = {0};
	pair_open(&p, egm_test_context(&allocator), &usual);
	pair_steps(&p, 2);
	expect_failures_reported(p.trainer, &allocator);
	pair_close(&p);
	ck_assert_int_eq(allocator.live, 0);
}
END_TEST

/* ---- kill -9 */

enum { KILLS = 120 };

/* Saves after every step, of which it takes one for every byte that the parent sends, and sends a byte after each. So
 * it is killed while it saves or while it waits, however fast it runs, and has always come as far as the parent has
 * read. */
static void train_for_ever(int orders, int reports)
{
	char byte;
	pair p = {0};
	pair_open(&p, egm_test_own_context_on(1, EGM_SIMD_AUTO), &usual);
	if (access("live.egm", F_OK) == 0 && egm_trainer_restore(p.trainer, "live.egm", NULL) != EGM_OK) _exit(1);
	while (read(orders, &byte, 1) == 1) {
		if (egm_trainer_fit(p.trainer, p.data, 1, NULL, NULL) != EGM_OK) _exit(2);
		if (egm_trainer_save(p.trainer, "live.egm") != EGM_OK) _exit(3);
		if (write(reports, &byte, 1) != 1) _exit(4);
	}
	_exit(5);
}

/* Kills a child that has saved `saved` times and has one order more, after 0 to 2 ms: a save takes about one. */
static void kill_one(int i, int saved)
{
	struct timespec wait = {0, random() % 2000000};
	int orders[2], reports[2], status;
	char bytes[8] = {0};
	ck_assert(pipe(orders) == 0 && pipe(reports) == 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(orders[1]); /* so that the child ends with its parent */
		train_for_ever(orders[0], reports[1]);
	}
	close(reports[1]);
	ck_assert_int_eq(write(orders[1], bytes, (size_t)saved + 1), saved + 1);
	for (int k = 0; k < saved; k++) ck_assert_msg(read(reports[0], bytes, 1) == 1, "child %d failed", i);
	nanosleep(&wait, NULL);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status), "child %d failed: wait status %d", i, status);
	close(orders[0]), close(orders[1]), close(reports[0]);
}

/* After any kill the file is one of the generations that an undisturbed run writes, and no older than what the child
 * had reported. Each child continues from the last file, so steps never decrease. The children make contexts while
 * their parent has one, and would get an error from most BLAS (tests/core/test_blas.c). */
START_TEST(test_kill__leaves_a_whole_generation)
{
	pair reader = {0}, straight = {0};
	int64_t last = 0;
	pair_open(&reader, egm_test_own_context_on(1, EGM_SIMD_AUTO), &usual);
	pair_open(&straight, egm_test_own_context_on(1, EGM_SIMD_AUTO), &usual);
	srandom(3);
	for (int i = 0; i < KILLS; i++) {
		int saved = 1 + (int)(random() % 4);
		kill_one(i, saved);
		load(reader.trainer, "live.egm");
		int64_t gained = egm_trainer_steps(reader.trainer) - last;
		ck_assert(gained == saved || gained == saved + 1);
		last += gained;
		pair_steps(&straight, last - egm_trainer_steps(straight.trainer));
		save(straight.trainer, "expected.egm");
		assert_same_files("live.egm", "expected.egm");
	}
	pair_close(&reader);
	pair_close(&straight);
}
END_TEST

/* With what was half written when a child was killed. */
static void leave_debris(void)
{
	ck_assert_int_eq(chdir(".."), 0);
	io_remove(folder);
}

int main(void)
{
	Suite *suite = suite_create("train/checkpoint");
	TCase *tc = tcase_create("resume");
	tcase_set_tags(tc, "K24 R15");
	tcase_add_checked_fixture(tc, enter_folder, leave_folder);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_checkpoint__resumes_bit_for_bit);
	tcase_add_test(tc, test_checkpoint__loads_before_the_first_step);
	tcase_add_test(tc, test_checkpoint__writing_parameters_changes_their_version);
	tcase_add_test(tc, test_checkpoint__resumes_an_energy_gan_with_its_moving_average);
	tcase_add_loop_test(tc, test_checkpoint__does_not_depend_on_rounding, 0, 3);
	suite_add_tcase(suite, tc);
	tc = tcase_create("rejections");
	tcase_set_tags(tc, "R16");
	tcase_add_checked_fixture(tc, enter_folder, leave_folder);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_load__rejects_another_kind_of_trainer);
	tcase_add_test(tc, test_load__rejects_another_loss_and_missing_averages);
	tcase_add_test(tc, test_load__rejects_every_truncation);
	tcase_add_test(tc, test_load__trusts_no_counter_and_no_number);
	tcase_add_test(tc, test_load__rejects_numbers_that_would_spread);
	suite_add_tcase(suite, tc);
	tc = tcase_create("memory");
	tcase_set_tags(tc, "R1");
	tcase_add_checked_fixture(tc, enter_folder, leave_folder);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_memory__save_and_load_report_each_failure);
	suite_add_tcase(suite, tc);
	tc = tcase_create("kill");
	tcase_set_tags(tc, "R3");
	tcase_add_checked_fixture(tc, enter_folder, leave_debris);
	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, test_kill__leaves_a_whole_generation);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
