/* SPDX-License-Identifier: MIT */
/* Trains on a file that may be larger than memory, and prints the time and memory used: the figures of doc/data.md.
 * Not run by CI.
 *
 * usage: large_set FILE ROWS COLUMNS STEPS open|load     e.g. large_set /tmp/set.npy 1000000 1000 20000 open
 * FILE is created if it does not exist. Both ways of reading end in the same state, whose hash is printed. */
#include <egm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(egm_status st)
{
	if (st == EGM_OK) return;
	fprintf(stderr, "%s\n", egm_last_error());
	exit(1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void make_file(const char *path, long rows, long columns)
{
	char head[128];
	uint32_t state = 1;
	float *row = malloc((size_t)columns * sizeof *row);
	FILE *f = fopen(path, "wb");
	if (!row || !f) exit(1);
	memset(head, ' ', sizeof head);
	memcpy(head, "\x93NUMPY\1\0\x76\0", 10);
	int n = snprintf(head + 10, 117, "{'descr': '<f4', 'fortran_order': False, 'shape': (%ld, %ld), }", rows, columns);
	head[10 + n] = ' ';
	head[127] = '\n';
	fwrite(head, 1, sizeof head, f);
	for (long i = 0; i < rows; i++) {
		for (long j = 0; j < columns; j++) {
			state = state * 1664525u + 1013904223u;
			row[j] = (float)(state >> 8) * 0x1p-23f - 1;
		}
		fwrite(row, sizeof *row, (size_t)columns, f);
	}
	if (fclose(f) != 0) exit(1);
	free(row);
}

static egm_trainer *make_trainer(egm_context *context, int64_t columns)
{
	egm_model *energy = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.batch = 128;
	must(egm_model_create(&energy, context, "energy", columns));
	egm_model_dense(energy, 32);
	egm_model_silu(energy);
	egm_model_dense(energy, 1);
	must(egm_model_build(energy, EGM_F32, 1));
	must(egm_loss_dsm(&loss, energy, NULL));
	must(egm_trainer_create(&trainer, loss, &options));
	egm_loss_free(loss);
	egm_model_free(energy);
	return trainer;
}

/* FNV-1a of a checkpoint. */
static uint64_t hash(const egm_trainer *trainer)
{
	uint64_t h = 14695981039346656037u;
	size_t n;
	must(egm_trainer_save_memory(trainer, NULL, 0, &n));
	unsigned char *bytes = malloc(n);
	if (!bytes) exit(1);
	must(egm_trainer_save_memory(trainer, bytes, n, &n));
	for (size_t i = 0; i < n; i++) h = (h ^ bytes[i]) * 1099511628211u;
	free(bytes);
	return h;
}

static void print_peak(void)
{
	char line[200];
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "VmHWM", 5) == 0) fputs(line, stdout);
	if (f) fclose(f);
}

int main(int count, char **words)
{
	egm_context *context = NULL;
	egm_data *data = NULL;
	if (count != 6) return 2;
	long rows = atol(words[2]), columns = atol(words[3]), steps = atol(words[4]);
	FILE *there = fopen(words[1], "rb");
	if (!there) make_file(words[1], rows, columns);
	if (there) fclose(there);
	must(egm_context_create(&context, NULL));
	egm_trainer *trainer = make_trainer(context, columns);
	double start = seconds();
	must((strcmp(words[5], "load") == 0 ? egm_data_load_npy : egm_data_open_npy)(&data, context, words[1], NULL));
	printf("%s: %.3f s\n", words[5], seconds() - start);
	must(egm_trainer_fit(trainer, data, 1, NULL, NULL));
	start = seconds();
	must(egm_trainer_fit(trainer, data, steps, NULL, NULL));
	printf("%.1f us a step, state %016llx\n", 1e6 * (seconds() - start) / (double)steps,
	       (unsigned long long)hash(trainer));
	print_peak();
	egm_data_free(data);
	egm_trainer_free(trainer);
	egm_context_free(context);
	return 0;
}
