/* SPDX-License-Identifier: MIT */
/* Mixtures of normal laws: the handle (mixture.c), units of columns (mixture_units.c), factors of covariances
 * (mixture_factor.c), the density of a block of rows (mixture_density.c), passes over data (mixture_pass.c), what is
 * made of densities (mixture_energy.c), the start (mixture_start.c), a step (mixture_step.c), steps to an end
 * (mixture_fit.c), draws (mixture_sample.c). */
#ifndef EGM_STATS_MIXTURE_IMPL_H
#define EGM_STATS_MIXTURE_IMPL_H

#include <core/context_impl.h>
#include <egm/mixture.h>
#include <stats/sample_impl.h>
#include <tensor/kernels_impl.h>

/* One allocation that begins at `weights`. Spherical covariances are held as diagonal ones, so that there are two cases
 * and not three. */
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
	double *units;  /* [dims] in which the start measures distances; 1 until data have told them */
	double
	    *floors; /* [dims] behind `units`: C_k - diag floors has no negative eigenvalue; 0 until data have told them */
	egm__mixture_numbers now, next;
	uint64_t version; /* rises with each step */
};

/* Rows, each as often as its weight says. */
typedef struct egm__mixture_data {
	egm_dtype dtype;
	const void *x; /* [rows, dims] */
	int64_t rows;
	const double *weights; /* [rows] as the caller has them, NULL: ones */
	double scale;          /* power of two that brings the largest weight to [1, 2), at most 2^1023 */
	double total;          /* sum of the weights, scaled */
} egm__mixture_data;

static inline double egm__mixture_weight(const egm__mixture_data *data, int64_t row)
{
	return data->weights ? data->weights[row] * data->scale : 1;
}

/* ---- the handle */

/* Defaults, what the caller set, and whether it makes sense. */
egm_status egm__mixture_options(egm_mixture_options *merged, const egm_mixture_options *options);
/* Without values. */
egm_status egm__mixture_make(egm_mixture **out, egm_context *context, const egm_mixture_options *options, int64_t dims);
/* egm__mixture_data_take for a mixture that is there. */
egm_status egm__mixture_take(const egm_mixture *m, egm__mixture_data *data, egm_array x, egm_array row_weights);
void egm__mixture_retain(egm_mixture *mixture);
/* The smallest over the columns. */
double egm__mixture_least_floor(const egm_mixture *m);

/* ---- factors */

/* V max(L, floor) V^T in place of the symmetric c = V L V^T [n, n]; 0: no eigenvalue was below. work: 2 n^2. */
int egm__mixture_lift(int64_t n, double *c, double floor, double *work);
/* Factors and constants from weights and covariances. -1, or the component whose covariance is not positive definite.
 */
int64_t egm__mixture_factorise(const egm_mixture *m, egm__mixture_numbers *numbers);

/* ---- densities of a block of rows, held transposed: loops run along the rows, whatever dims is */

enum { EGM__MIXTURE_BLOCK = 64 };

typedef struct egm__mixture_block {
	int64_t rows;        /* <= EGM__MIXTURE_BLOCK */
	double *x;           /* [dims][BLOCK] */
	double *y;           /* [dims][BLOCK] L^-1 (x - m) of the component in hand */
	double *shares;      /* [components][BLOCK] */
	double *log_density; /* [BLOCK] */
} egm__mixture_block;

int64_t egm__mixture_block_count(const egm_mixture *m); /* doubles that a block takes */
void egm__mixture_block_lay(const egm_mixture *m, egm__mixture_block *b, double *at);
void egm__mixture_block_load(const egm_mixture *m, egm__mixture_block *b, egm_dtype dtype, const void *x, int64_t first,
                             int64_t rows);
/* y of component k */
void egm__mixture_whiten(const egm_mixture *m, egm__mixture_block *b, int64_t k);
/* log_density, and shares = responsibilities; NaN where log_density is not finite. */
void egm__mixture_evaluate(const egm_mixture *m, egm__mixture_block *b);

/* U = -log p of rows, and its gradient if `gradients` is not NULL; memory: egm__mixture_energy_count doubles. */
int64_t egm__mixture_energy_count(const egm_mixture *m);
void egm__mixture_energy(const egm_mixture *m, egm_dtype dtype, int64_t rows, const void *x, void *energies,
                         void *gradients, double *memory);
/* The same with memory of its own, 1 if there is none: egm_energy_fn with the mixture as its user. */
int egm__mixture_energy_f32(int64_t rows, const void *x, void *energies, void *gradients, void *user);
int egm__mixture_energy_f64(int64_t rows, const void *x, void *energies, void *gradients, void *user);

/* ---- a pass over data */

/* Sums over rows weighted by one component's shares, by all of them. */
typedef struct egm__mixture_sums {
	double log_likelihood; /* sum over rows */
	int64_t lost;          /* first row with p = 0, or -1 */
	double *count;         /* [components] n_k */
	double *mean;          /* [components, dims] of x */
	double *scatter;       /* [components, spread] sum r (x - mean)(x - mean)^T, lower triangle, or its diagonal */
	double *block_mean;    /* [dims] */
} egm__mixture_sums;

typedef struct egm__mixture_part {
	egm__mixture_block block;
	egm__mixture_sums sums; /* arrays NULL when nothing is summed */
} egm__mixture_part;

/* The rows are cut into parts, and each part into blocks, by their number alone: so are sums the same with any number
 * of threads. */
enum { EGM__MIXTURE_PARTS = 8, EGM__MIXTURE_PART_BLOCKS = 8 };

typedef struct egm__mixture_pass egm__mixture_pass;
struct egm__mixture_pass {
	const egm_mixture *mixture;
	const egm__mixture_data *data; /* lives as long */
	/* called for each block after its evaluation */
	void (*visit)(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first);
	double *out; /* visit's own */
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

/* Checked rows (columns 0: of any width) and their weights, which may be none. */
egm_status egm__mixture_data_take(egm__mixture_data *data, egm_array x, egm_array row_weights, int64_t columns);
/* Units that go with the data, and floors when the options have none. */
egm_status egm__mixture_find_units(egm_mixture *m, const egm__mixture_data *data);
/* Numbers to begin with; distances: [rows] of workspace. */
egm_status egm__mixture_start(egm_mixture *m, const egm__mixture_data *data, int64_t start, double *distances);
/* NONFINITE, for data without density. */
egm_status egm__mixture_lost(int64_t row);
/* Sums into parts[0].sums; the mean log-likelihood. */
egm_status egm__mixture_expect(egm__mixture_pass *pass, double *log_likelihood);
/* Replaces the numbers of m by those that are best for the sums of the pass; on failure m is as it was. */
egm_status egm__mixture_maximise(egm_mixture *m, const egm__mixture_pass *pass);

static inline int egm__mixture_alive(double count)
{
	return count >= 1e-30;
}

#endif
