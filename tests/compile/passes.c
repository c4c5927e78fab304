/* SPDX-License-Identifier: MIT */
/* Writes the listing after one pass of the compiler, for a small loss: the mean energy of data minus that of noise,
 * with its gradient with respect to the weights of a network dense 8, silu, dense 1 without biases.
 * lib/compile/README.md shows them all. usage: passes PASS, or passes graph for what is compiled */
#include <oracle/listing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA = 1, WEIGHTS = 2, LOSS = 3, GRADIENT = 4, ROWS = 4, COLUMNS = 2, WIDTH = 8 };

typedef size_t list_fn(const egm__lower *l, char *buffer, size_t size);

static const struct {
	const char *pass;
	list_fn *list;
} shown[] = {{"resolve", egm__list_graph},    {"mark", egm__list_marks},     {"windows", egm__list_windows},
             {"lower", egm__list_drafts},     {"outputs", egm__list_drafts}, {"emit", egm__list_kernels},
             {"registers", egm__list_groups}, {"pack", egm__list_packs},     {"serve", egm__list_served},
             {"plan", egm__list_buffers}};

static void print(list_fn *list, const egm__lower *l)
{
	size_t size = list(l, NULL, 0);
	char *text = malloc(size);
	if (!text) exit(1);
	list(l, text, size);
	fputs(text, stdout);
	free(text);
}

/* U(x) = silu(x W^T) v^T */
static egm__id energy(egm__graph *g, egm__id x, const egm__id w[2])
{
	return egm__matmul(g, egm__silu(g, egm__matmul(g, x, w[0], 0, 1)), w[1], 0, 1);
}

/* One call a statement: compilers evaluate arguments in different orders, and nodes would have other numbers. */
static void build(egm__graph *g)
{
	egm__id w[2], d[2];
	w[0] = egm__leaf(g, WEIGHTS, 0, egm__shape2(WIDTH, COLUMNS));
	w[1] = egm__leaf(g, WEIGHTS, WIDTH * COLUMNS, egm__shape2(1, WIDTH));
	egm__id data = egm__leaf(g, DATA, 0, egm__shape2(ROWS, COLUMNS));
	egm__id noise = egm__stop(g, egm__scale(g, egm__normal(g, 0, egm__shape2(ROWS, COLUMNS)), 2));
	egm__id real = egm__mean(g, energy(g, data, w));
	egm__id loss = egm__sub(g, real, egm__mean(g, energy(g, noise, w)));
	egm__gradient(g, loss, 2, w, d);
	egm__graph_output(g, loss, LOSS, 0);
	egm__graph_output(g, d[0], GRADIENT, 0);
	egm__graph_output(g, d[1], GRADIENT, WIDTH * COLUMNS);
}

/* Runs the passes up to the one that is named. */
static int show(egm__lower *l, const char *name)
{
	int known = !strcmp(name, "graph");
	if (known) print(egm__list_graph, l);
	for (const egm__pass *pass = egm__passes; pass->run && !known; pass++) {
		if (pass->run(l) != EGM_OK) return 0;
		known = !strcmp(pass->name, name);
	}
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		if (!strcmp(shown[i].pass, name)) print(shown[i].list, l);
	return known;
}

int main(int argc, char **argv)
{
	/* one thread and the portable code, so that no figure depends on the machine */
	egm_context_options o = EGM_CONTEXT_OPTIONS_INIT;
	o.threads = 1;
	o.simd = EGM_SIMD_PORTABLE;
	egm_context *context = NULL;
	egm__graph *g = NULL;
	egm__lower l = {0};
	if (argc != 2 || egm_context_create(&context, &o) != EGM_OK) return 2;
	int ok = egm__graph_create(&g, context, EGM_F32) == EGM_OK;
	if (ok) build(g);
	ok = ok && egm__graph_status(g) == EGM_OK && egm__program_empty(&l.p, g) == EGM_OK;
	l.g = g;
	ok = ok && show(&l, argv[1]);
	if (!ok) fprintf(stderr, "passes: %s is no pass, or failed: %s\n", argv[1], egm_last_error());
	if (l.p) egm__lower_release(&l);
	egm__program_free(l.p);
	egm__graph_free(g);
	egm_context_free(context);
	return ok ? 0 : 1;
}
