/* SPDX-License-Identifier: MIT */
/* One small object of each kind, for the good calls, on a context that counts its memory. */
#ifndef EGM_TESTS_MISUSE_FIXTURE_H
#define EGM_TESTS_MISUSE_FIXTURE_H

#include "support.h"
#include <egm.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { CHAINS = 2, NUMBERS = 512, ROOMS = 8, ROOM_BYTES = 4096, FILE_BYTES = 1 << 14, STATE_BYTES = 1 << 19 };

/* d = 3, k = 2 */
enum {
	ENERGY,           /* [d] -> 1 */
	CRITIC,           /* [d] -> 1 */
	GENERATOR,        /* [k] -> d */
	ENCODER,          /* [d] -> k */
	GAUSSIAN_ENCODER, /* [d] -> 2k */
	STATISTICS,       /* [d + k] -> 1 */
	PAIR_CRITIC,      /* [d + k] -> 1 */
	CODE_CRITIC,      /* [k] -> 1 */
	NARROW_GENERATOR, /* [k] -> 1 */
	DENOISER,         /* [d] -> d */
	CLASSIFIER,       /* [d] -> k */
	NETS
};

enum { IDX, NPY, CSV, DATA, MODEL, SAMPLER, TRAINER, FILES };

/* A file, and the same bytes in memory. */
typedef struct contents {
	char path[64];
	unsigned char bytes[FILE_BYTES];
	size_t size;
} contents;

typedef struct fixture {
	egm_test_allocator allocator;
	egm_context *context;
	egm_model *nets[NETS], *model, *growing;
	egm_data *data;
	egm_loss *loss, *vae;
	egm_target *target;
	egm_sampler *sampler;
	egm_mixture *mixture;
	egm_diagnostics *diagnostics;
	egm_trainer *trainer;
	int64_t parameters; /* of the energy */
	double numbers[NUMBERS], spoiled[NUMBERS], covariances[18], masses[4], lower[3], upper[3];
	int64_t indices[4], bins[3];
	uint8_t positive[8];
	const char *written; /* what may be written over */
	const contents *files;
	struct fixture *other;
	char number[32]; /* that the next message must contain */
	/* What a call writes to, by the index of its parameter. */
	struct {
		_Alignas(64) unsigned char bytes[ROOM_BYTES];
	} room[ROOMS];
} fixture;

#define OK(call) ck_assert_msg((call) == EGM_OK, "%s: %s", #call, egm_last_error())

/* ---- callbacks */

static int normal_energy(int64_t rows, const void *x, void *energies, void *gradients, void *user)
{
	const double *at = x;
	(void)user;
	for (int64_t i = 0; i < rows; i++) {
		((double *)energies)[i] =
		    (at[3 * i] * at[3 * i] + at[3 * i + 1] * at[3 * i + 1] + at[3 * i + 2] * at[3 * i + 2]) / 2;
		memcpy((double *)gradients + 3 * i, at + 3 * i, 3 * sizeof(double));
	}
	return 0;
}

static int fill_rows(const int64_t *indices, int64_t count, void *out, void *user)
{
	(void)user;
	for (int64_t i = 0; i < 3 * count; i++) ((double *)out)[i] = (double)(indices[i / 3] + i % 3);
	return 0;
}

static long users_freed;

static void count_user(void *user)
{
	(void)user;
	users_freed++;
}

static int stop_at_once(const egm_progress *progress, void *user)
{
	(void)progress, (void)user;
	return 1;
}

/* ---- handles of their own, which the call under test frees */

static egm_context *fresh_context(void)
{
	egm_context *context = NULL;
	OK(egm_context_create(&context, NULL));
	return context;
}

static egm_data *fresh_data(fixture *f)
{
	egm_data *data = NULL;
	OK(egm_data_copy(&data, f->context, egm_f64(f->numbers, 8, 3)));
	return data;
}

static egm_diagnostics *fresh_diagnostics(fixture *f)
{
	egm_diagnostics *diagnostics = NULL;
	OK(egm_diagnostics_create(&diagnostics, f->context, CHAINS, 3, 0));
	OK(egm_diagnostics_add(diagnostics, egm_f64(f->numbers, 20 * CHAINS, 3)));
	return diagnostics;
}

static egm_model *net_of(fixture *f, const char *name, int64_t inputs, int64_t outputs)
{
	egm_model *model = NULL;
	OK(egm_model_create(&model, f->context, name, inputs));
	OK(egm_model_dense(model, 4));
	OK(egm_model_softplus(model));
	OK(egm_model_dense(model, outputs));
	OK(egm_model_build(model, EGM_F64, 1));
	return model;
}

static egm_model *fresh_model(fixture *f)
{
	return net_of(f, "fresh", 3, 1);
}

static egm_loss *fresh_loss(fixture *f)
{
	egm_loss *loss = NULL;
	OK(egm_loss_ml(&loss, f->nets[ENERGY], NULL));
	return loss;
}

static egm_mixture *fresh_mixture(fixture *f)
{
	egm_mixture *mixture = NULL;
	OK(egm_mixture_create(&mixture, f->context, egm_no_array(), egm_f64(f->numbers, 2, 3),
	                      egm_f64(f->covariances, 6, 3), NULL));
	return mixture;
}

static egm_target *fresh_target(fixture *f)
{
	egm_target *target = NULL;
	OK(egm_target_model(&target, f->nets[ENERGY], NULL));
	return target;
}

static egm_sampler *fresh_sampler(fixture *f)
{
	egm_hmc_options options = EGM_HMC_OPTIONS_INIT;
	egm_sampler *sampler = NULL;
	options.chains = CHAINS;
	OK(egm_sampler_hmc(&sampler, f->target, &options));
	return sampler;
}

static egm_trainer *fresh_trainer(fixture *f)
{
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	egm_negatives_options negatives = EGM_NEGATIVES_OPTIONS_INIT;
	egm_trainer *trainer = NULL;
	options.batch = 4;
	options.average_decay = 0.5;
	OK(egm_trainer_create(&trainer, f->loss, &options));
	negatives.buffer = 8; /* a small file */
	OK(egm_trainer_set_negatives(trainer, NULL, &negatives));
	return trainer;
}

/* A net that is not built, of rows of four numbers or of an image of 2 x 2 pixels. */
static egm_model *growing_row(fixture *f)
{
	egm_model_free(f->growing);
	OK(egm_model_create(&f->growing, f->context, "growing", 4));
	OK(egm_model_dense(f->growing, 4));
	return f->growing;
}

static egm_model *growing_image(fixture *f)
{
	OK(egm_model_image(growing_row(f), 2, 2, 1));
	return f->growing;
}

/* ---- files */

static contents files[FILES];
static char directory[] = "/tmp/egm-misuse-XXXXXX", written[64];

static void read_back(contents *c)
{
	FILE *file = fopen(c->path, "rb");
	ck_assert_ptr_nonnull(file);
	c->size = fread(c->bytes, 1, FILE_BYTES, file);
	ck_assert_uint_lt(c->size, FILE_BYTES);
	fclose(file);
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

/* ---- all of it */

static void open_numbers(fixture *f)
{
	for (int i = 0; i < NUMBERS; i++) f->numbers[i] = (1 + i * 37 % 61) / 64.0;
	for (int i = 0; i < 18; i++) f->covariances[i] = i % 9 % 4 == 0;
	for (int i = 0; i < 4; i++) f->masses[i] = 0.25;
	for (int i = 0; i < 4; i++) f->indices[i] = 2 * i;
	for (int i = 0; i < 8; i++) f->positive[i] = i % 2 == 0;
	for (int i = 0; i < 3; i++) {
		f->upper[i] = 1;
		f->bins[i] = 2 + i;
	}
}

static void open_nets(fixture *f)
{
	static const struct {
		const char *name;
		int64_t inputs, outputs;
	} shapes[NETS] = {
	    {"energy", 3, 1},   {"critic", 3, 1},     {"generator", 2, 3},   {"encoder", 3, 2},
	    {"gaussian", 3, 4}, {"statistics", 5, 1}, {"pair_critic", 5, 1}, {"code_critic", 2, 1},
	    {"narrow", 2, 1},   {"denoiser", 3, 3},   {"classifier", 3, 2},
	};
	for (int i = 0; i < NETS; i++) f->nets[i] = net_of(f, shapes[i].name, shapes[i].inputs, shapes[i].outputs);
	f->model = f->nets[ENERGY];
	f->parameters = egm_model_parameter_count(f->model);
}

static fixture *open_fixture_with(int32_t products)
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	fixture *f = egm_test_aligned(sizeof *f, 64);
	ck_assert_ptr_nonnull(f);
	memset(f, 0, sizeof *f);
	f->written = written;
	f->files = files;
	options.alloc = egm_test_alloc;
	options.dealloc = egm_test_dealloc;
	options.alloc_user = &f->allocator;
	options.products = products;
	OK(egm_context_create(&f->context, &options));
	open_numbers(f);
	open_nets(f);
	f->data = fresh_data(f);
	f->loss = fresh_loss(f);
	OK(egm_loss_vae(&f->vae, f->nets[GAUSSIAN_ENCODER], f->nets[GENERATOR], NULL));
	f->target = fresh_target(f);
	f->sampler = fresh_sampler(f);
	f->mixture = fresh_mixture(f);
	f->diagnostics = fresh_diagnostics(f);
	f->trainer = fresh_trainer(f);
	return f;
}

static fixture *open_fixture(void)
{
	return open_fixture_with(EGM_PRODUCTS_AUTO);
}

static void close_fixture(fixture *f)
{
	egm_trainer_free(f->trainer);
	egm_diagnostics_free(f->diagnostics);
	egm_mixture_free(f->mixture);
	egm_sampler_free(f->sampler);
	egm_target_free(f->target);
	egm_loss_free(f->vae);
	egm_loss_free(f->loss);
	egm_data_free(f->data);
	egm_model_free(f->growing);
	for (int i = 0; i < NETS; i++) egm_model_free(f->nets[i]);
	egm_context_free(f->context);
	ck_assert_int_eq(f->allocator.live, 0);
	egm_test_aligned_free(f);
}

/* Once, because a file is flushed to disk. The tests are children of this process, and may not open every BLAS if it
 * did. */
static void open_files(void)
{
	static const char idx[] = "\0\0\10\2\0\0\0\4\0\0\0\3abcdefghijkl", csv[] = "a,b,c\n1,2,3\n4,5,6\n7,8,9\n";
	fixture *f = open_fixture_with(EGM_PRODUCTS_OWN);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(written, sizeof written, "%s/written", directory);
	for (int i = 0; i < FILES; i++) snprintf(files[i].path, sizeof files[i].path, "%s/%d", directory, i);
	write_bytes(files[IDX].path, idx, sizeof idx - 1);
	write_bytes(files[CSV].path, csv, sizeof csv - 1);
	OK(egm_array_save_npy(f->context, egm_f64(f->numbers, 8, 3), files[NPY].path));
	OK(egm_data_save(f->data, files[DATA].path));
	OK(egm_model_save(f->nets[ENERGY], files[MODEL].path));
	OK(egm_sampler_save(f->sampler, files[SAMPLER].path));
	OK(egm_trainer_save(f->trainer, files[TRAINER].path));
	for (int i = 0; i < FILES; i++) read_back(&files[i]);
	close_fixture(f);
}

static void close_files(void)
{
	for (int i = 0; i < FILES; i++) remove(files[i].path);
	remove(written);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* ---- what the handles hold, as one number */

static uint64_t mixed(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t state_of(const fixture *f)
{
	static _Alignas(64) unsigned char bytes[STATE_BYTES];
	uint64_t hash = 0xcbf29ce484222325u;
	size_t size = 0;
	int64_t given = 0, kept = 0;
	double *weights = (double *)bytes, *means = weights + 2, *covariances = means + 6, *floors = covariances + 18;
	for (int i = 0; i < NETS; i++) {
		int64_t count = egm_model_parameter_count(f->nets[i]);
		OK(egm_model_parameters(f->nets[i], egm_f64_out((double *)bytes, count, 1)));
		hash = mixed(hash, bytes, (size_t)count * 8);
	}
	OK(egm_mixture_parameters(f->mixture, egm_f64_out(weights, 2, 1), egm_f64_out(means, 2, 3),
	                          egm_f64_out(covariances, 6, 3)));
	OK(egm_mixture_floors(f->mixture, egm_f64_out(floors, 3, 1)));
	hash = mixed(hash, bytes, (2 + 6 + 18 + 3) * sizeof(double));
	OK(egm_sampler_save_memory(f->sampler, bytes, STATE_BYTES, &size));
	hash = mixed(hash, bytes, size);
	OK(egm_trainer_save_memory(f->trainer, bytes, STATE_BYTES, &size));
	hash = mixed(hash, bytes, size);
	OK(egm_diagnostics_count(f->diagnostics, &given, &kept));
	hash = mixed(mixed(hash, &given, sizeof given), &kept, sizeof kept);
	return mixed(hash, egm_data_values(f->data), 24 * sizeof(double));
}

#endif
