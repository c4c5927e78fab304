/* SPDX-License-Identifier: MIT */
/* Bad input for every public function. generate.py reads the headers, so that the build fails for a new function that
 * is not in its tables. A function is called with good arguments of which one is made wrong. It must return the status
 * of that fault, with a message that begins with the function and contains the argument and the number; write nothing,
 * create nothing, change no handle; and the good call must work afterwards. allowed.table lists the exceptions. */
#include "fixture.h"

enum { MESSAGES = 1 << 14 };

#define BIT(status) (1u << bit_of(status))

/* A status as the number of a bit. */
#define bit_of(status) ((unsigned)((status) == EGM_OK ? 0 : (-(status)) / 10 * 3 + (-(status)) % 10 + 1))

typedef struct flaw {
	const char *parameter, *what;
	uint32_t statuses; /* one of which the call returns */
	const char *text;  /* what the message contains beside the function's name */
	int writes;        /* something is written although the call fails */
} flaw;

typedef struct subject {
	const char *name;
	int answers; /* returns no status but an answer: `call` returns EGM_OK, or EGM_ERR_ARGUMENT for "nothing" */
	size_t args_size;
	void (*good)(fixture *f, void *args);
	egm_status (*call)(void *args);
	int n_faults;
	const flaw *faults;
	void (*spoil)(fixture *f, void *args, int which);
	void (*release)(void *args); /* NULL: makes nothing */
	void **(*made)(void *args);
} subject;

static fixture *here;
static char messages[MESSAGES]; /* all that is wrong with one function */

static void setup(void)
{
	here = open_fixture();
	here->other = open_fixture();
	messages[0] = '\0';
}

static void teardown(void)
{
	close_fixture(here->other);
	close_fixture(here);
}

/* ---- spoiling */

static void say(fixture *of, int64_t number)
{
	snprintf(of->number, sizeof of->number, "%lld", (long long)number);
}

static void put_size(void *options, size_t size)
{
	memcpy(options, &size, sizeof size);
}

static void put_tail(void *options, size_t at, int value)
{
	memset((char *)options + at, value, sizeof(size_t));
}

/* The last number becomes another; the message is to say its row. */
static void spoil_last(fixture *of, egm_array *x, double value)
{
	int64_t last = x->rows * x->columns - 1;
	memcpy(of->spoiled, x->data, (size_t)(last + 1) * sizeof *of->spoiled);
	of->spoiled[last] = value;
	x->data = of->spoiled;
	say(of, x->rows - 1);
}

/* ---- judging */

static void complain(const subject *fn, const flaw *fault, const char *what)
{
	size_t length = strlen(messages);
	snprintf(messages + length, MESSAGES - length, "\n%s, %s %s: %s; last error: %s", fn->name,
	         fault ? fault->parameter : "all", fault ? fault->what : "good", what, egm_last_error());
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number as a word, not as part of another one. */
static int contains_number(const char *text, const char *number)
{
	size_t length = strlen(number);
	for (const char *at = text; (at = strstr(at, number)) != NULL; at++)
		if ((at == text || !is_digit(at[-1])) && !is_digit(at[length])) return 1;
	return 0;
}

static void judge_message(const subject *fn, const flaw *fault)
{
	const char *text = egm_last_error();
	size_t length = strlen(fn->name);
	if (strncmp(text, fn->name, length) != 0 || strncmp(text + length, ": ", 2) != 0) {
		complain(fn, fault, "the function is not named");
		return;
	}
	text += length + 2;
	if (strstr(text, "egm_") == text && text[strcspn(text, ": ")] == ':')
		complain(fn, fault, "two functions are named");
	if (!strstr(text, fault->text)) complain(fn, fault, "the argument is not named");
	if (here->number[0] && !contains_number(text, here->number)) complain(fn, fault, "the number is missing");
}

static void clear_rooms(void)
{
	memset(here->room, 0xA5, sizeof here->room);
}

/* Leaves a message of another function. */
static void leave_message(void)
{
	ck_assert_int_eq(egm_model_relu(NULL), EGM_ERR_ARGUMENT);
}

static void *sentinel(void)
{
	return &messages;
}

static void judge_made(const subject *fn, const flaw *fault, void *args)
{
	void *made = fn->made ? *fn->made(args) : NULL;
	if (!made) return;
	if (made != sentinel())
		complain(fn, fault, "something was made");
	else if (strcmp(fault->parameter, "out") != 0)
		complain(fn, fault, "*out is not NULL");
}

static void try_fault(const subject *fn, const flaw *fault, int which, void *args)
{
	static unsigned char before[sizeof here->room];
	clear_rooms();
	here->number[0] = '\0';
	fn->good(here, args);
	fn->spoil(here, args, which);
	if (fn->made) *fn->made(args) = sentinel();
	memcpy(before, here->room, sizeof before);
	uint64_t state = state_of(here);
	long freed = users_freed;
	leave_message();
	egm_status st = fn->call(args);
	if (!(fault->statuses & BIT(st))) complain(fn, fault, egm_status_name(st));
	if (st == EGM_OK || st == EGM_ERR_STOPPED) {
		if (fn->release && *fn->made(args) != sentinel()) fn->release(args);
		return;
	}
	if (fn->answers) return;
	if (fault->statuses & BIT(st)) judge_message(fn, fault);
	judge_made(fn, fault, args);
	if (users_freed != freed) complain(fn, fault, "the program's pointer was freed");
	if (!fault->writes && memcmp(before, here->room, sizeof before) != 0) complain(fn, fault, "something was written");
	if (state_of(here) != state) complain(fn, fault, "a handle has changed");
}

static void try_good(const subject *fn, void *args)
{
	clear_rooms();
	fn->good(here, args);
	leave_message();
	egm_status st = fn->call(args);
	if (st != EGM_OK && !fn->answers) complain(fn, NULL, egm_status_name(st));
	if (st == EGM_OK && fn->release) fn->release(args);
}

static void try_function(const subject *fn)
{
	void *args = calloc(1, fn->args_size);
	ck_assert_ptr_nonnull(args);
	try_good(fn, args);
	for (int i = 0; i < fn->n_faults; i++) try_fault(fn, &fn->faults[i], i, args);
	try_good(fn, args);
	free(args);
	ck_assert_msg(!messages[0], "%s", messages);
}

#include "misuse_calls.h"

/* ---- handles of several contexts */

/* A short training of these nets on these data; their parameters then. */
static void train(egm_model *critic, egm_model *generator, const egm_data *data, double *parameters)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	int64_t n = egm_model_parameter_count(critic);
	options.batch = 4;
	OK(egm_loss_wgan(&loss, critic, generator, NULL));
	OK(egm_trainer_create(&trainer, loss, &options));
	OK(egm_trainer_fit(trainer, data, 5, NULL, NULL));
	OK(egm_model_parameters(critic, egm_f64_out(parameters, n, 1)));
	OK(egm_model_parameters(generator, egm_f64_out(parameters + n, egm_model_parameter_count(generator), 1)));
	egm_trainer_free(trainer);
	egm_loss_free(loss);
}

/* Nets of two contexts and data of a third train as those of one do, bit for bit. */
START_TEST(test_misuse__contexts_mix)
{
	static double one[NUMBERS], mixed_up[NUMBERS];
	fixture *third = open_fixture();
	train(third->nets[CRITIC], third->nets[GENERATOR], third->data, one);
	train(here->nets[CRITIC], here->other->nets[GENERATOR], third->data, mixed_up);
	close_fixture(third);
	ck_assert(one[0] != 0);
	ck_assert_mem_eq(one, mixed_up, sizeof one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("misuse");
	TCase *tcase = tcase_create("every function");
	tcase_add_unchecked_fixture(tcase, open_files, close_files);
	tcase_add_checked_fixture(tcase, setup, teardown);
	add_all(tcase);
	tcase_add_test(tcase, test_misuse__contexts_mix);
	suite_add_tcase(suite, tcase);
	return egm_test_main(suite);
}
