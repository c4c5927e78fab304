/* SPDX-License-Identifier: MIT */
/* Mixtures of normal distributions: the handle, densities of a block of rows, passes over data, and EM. */
#ifndef EGM_STATS_MIXTURE_IMPL_H
#define EGM_STATS_MIXTURE_IMPL_H

#include <core/context_impl.h>
#include <core/options_impl.h>
#include <egm/mixture.h>
#include <stats/sample_impl.h>
#include <tensor/kernels_impl.h>

/* One allocation, which begins at `weights`. Spherical covariances are stored as diagonal ones, to have two cases and
 * not three. */
typedef struct egm__mixture_numbers {
	double *weights;     /* [components] */
	double *means;       /* [components, dims] */
	double *covariances; /* [components, spread] */
	double *factors;     /* [components, spread]: lower triangle L, C = L L^T; or standard deviations */
	double *constants;   /* [components]: log w - dims/2 log 2pi - log det C / 2 */
} egm__mixture_numbers;

struct egm_mixture {
	egm_context *context;
	int refs;                  /* through __atomic builtins; egm_mixture_free releases one */
	const egm__kernels *table; /* f64 */
	egm_mixture_options options;
	int64_t dims;
	int64_t spread; /* doubles of one covariance: dims^2 for full ones, else dims */
	double *units;  /* [dims] for the distances of the start; 1 before the first data */
	double *floors; /* [dims], after `units`: C_k - diag floors is positive semidefinite; 0 before data */
	egm__mixture_numbers now, next;
	uint64_t version; /* rises with each step */
};

/* Rows with weights: a row of weight 2 counts as two. */
typedef struct egm__mixture_data {
	egm_dtype dtype;
	const void *x; /* [rows, dims] */
	int64_t rows;
	const double *weights; /* [rows] of the caller; NULL: all 1 */
	double scale;          /* power of two, at most 2^1023, that scales the largest weight into [1, 2) */
	double total;          /* sum of the weights, scaled */
} egm__mixture_data;

static inline double egm__mixture_weight(const egm__mixture_data *data, int64_t row)
{
	return data->weights ? data->weights[row] * data->scale : 1;
}

/* ---- the handle */

extern const egm__options egm__options_mixture;
/* A mixture whose numbers are 0. */
egm_status egm__mixture_make(egm_mixture **out, egm_context *context, const egm_mixture_options *options, int64_t dims);
/* egm__mixture_data_take with the dimensions of the mixture; ARGUMENT if it is NULL. */
egm_status egm__mixture_take(const egm_mixture *m, egm__mixture_data *data, egm_array x, egm_array row_weights);
void egm__mixture_retain(egm_mixture *mixture);
/* The smallest floor of a column. */
double egm__mixture_least_floor(const egm_mixture *m);

/* ---- factors */

/* Replaces the symmetric c = V L V^T [n, n] by V max(L, floor) V^T. Returns 0 if no eigenvalue was below. work: 2 n^2.
 */
int egm__mixture_raise_eigenvalues(int64_t n, double *c, double floor, double *work);
/* Computes factors and constants from weights and covariances. Returns -1, or the first component whose covariance is
 * not positive definite. */
int64_t egm__mixture_factorise(const egm_mixture *m, egm__mixture_numbers *numbers);

/* ---- densities of a block of rows, stored transposed */

enum { EGM__MIXTURE_BLOCK = 64 };

typedef struct egm__mixture_block {
	int64_t rows;        /* <= EGM__MIXTURE_BLOCK */
	double *x;           /* [dims][BLOCK] */
	double *y;           /* [dims][BLOCK] L^-1 (x - m) of the current component */
	double *shares;      /* [components][BLOCK] */
	double *log_density; /* [BLOCK] */
} egm__mixture_block;

int64_t egm__mixture_block_count(const egm_mixture *m); /* doubles of a block */
void egm__mixture_block_lay(const egm_mixture *m, egm__mixture_block *b, double *at);
void egm__mixture_block_load(const egm_mixture *m, egm__mixture_block *b, egm_dtype dtype, const void *x, int64_t first,
                             int64_t rows);
/* Computes y of component k. */
void egm__mixture_whiten(const egm_mixture *m, egm__mixture_block *b, int64_t k);
/* Computes log_density, and shares = responsibilities; NaN where log_density is not finite. */
void egm__mixture_evaluate(const egm_mixture *m, egm__mixture_block *b);

/* U = -log p of rows, and its gradient unless `gradients` is NULL. memory: egm__mixture_energy_count doubles. */
int64_t egm__mixture_energy_count(const egm_mixture *m);
void egm__mixture_energy(const egm_mixture *m, egm_dtype dtype, int64_t rows, const void *x, void *energies,
                         void *gradients, double *memory);
/* The same with memory of its own; 1 if there is none. An egm_energy_fn whose user is the mixture. */
int egm__mixture_energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user);
int egm__mixture_energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/* ---- a pass over data */

/* Sums over rows, weighted by the shares of each component. */
typedef struct egm__mixture_sums {
	double log_likelihood; /* sum over rows */
	int64_t zero_row;      /* first row whose log p is not finite, or -1 */
	double *count;         /* [components] n_k */
	double *mean;          /* [components, dims] of x */
	double *scatter;       /* [components, spread] sum r (x - mean)(x - mean)^T, lower triangle, or its diagonal */
	double *block_mean;    /* [dims] */
} egm__mixture_sums;

typedef struct egm__mixture_part {
	egm__mixture_block block;
	egm__mixture_sums sums; /* arrays NULL if nothing is summed */
} egm__mixture_part;

/* The number of rows alone decides how they are cut into parts, and these into blocks: so sums do not depend on the
 * number of threads. */
enum { EGM__MIXTURE_PARTS = 8, EGM__MIXTURE_PART_BLOCKS = 8 };

typedef struct egm__mixture_pass egm__mixture_pass;
struct egm__mixture_pass {
	const egm_mixture *mixture;
	const egm__mixture_data *data; /* outlives the pass */
	/* called for each block after its evaluation */
	void (*visit)(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first);
	double *out; /* for visit */
	double *memory;
	double *spare; /* [3 spread], with sums */
	int32_t n_parts;
	egm__mixture_part parts[EGM__MIXTURE_PARTS];
};

egm_status egm__mixture_pass_create(egm__mixture_pass *pass, const egm_mixture *m, const egm__mixture_data *data,
                                    int sums);
void egm__mixture_pass_run(egm__mixture_pass *pass);
void egm__mixture_pass_clear(egm__mixture_pass *pass);

/* ---- EM */

/* Checks rows (columns 0: of any width) and their weights, which may be NULL. */
egm_status egm__mixture_data_take(egm__mixture_data *data, egm_array x, egm_array row_weights, int64_t columns);
/* Sets the units by the data, and the floors if the options have none. */
egm_status egm__mixture_find_units(egm_mixture *m, const egm__mixture_data *data);
/* Sets the numbers of start `start`. distances: [rows] of workspace. */
egm_status egm__mixture_start(egm_mixture *m, const egm__mixture_data *data, int64_t start, double *distances);
/* NONFINITE for a row without density. */
egm_status egm__mixture_zero_density(int64_t row);
/* Sums into parts[0].sums, and the mean log-likelihood. */
egm_status egm__mixture_expect(egm__mixture_pass *pass, double *log_likelihood);
/* Replaces the numbers of m by the best ones for the sums of the pass. A failure changes nothing. */
egm_status egm__mixture_maximise(egm_mixture *m, const egm__mixture_pass *pass);

static inline int egm__mixture_has_rows(double count)
{
	return count >= 1e-30;
}

#endif
