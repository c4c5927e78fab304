/* SPDX-License-Identifier: MIT */
/* Compiling a graph, and asking a program what it is. */
#include <compile/kernel_impl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void release_lower(egm__lower *l)
{
	egm_context *c = l->p->context;
	for (int32_t i = 0; i < l->n_drafts; i++) {
		egm__free(c, l->drafts[i].members);
		egm__free(c, l->drafts[i].stores);
	}
	void *owned[] = {l->drafts, l->live, l->uses, l->offset};
	for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) egm__free(c, owned[i]);
}

/* The arrays with an entry for each node: three blocks, by the type of the entry. */
static egm_status allocate_lower(egm__lower *l)
{
	egm_context *c = l->p->context;
	size_t n = (size_t)l->g->n + 1;
	l->live = egm__alloc_zero(c, n * 6, 1);
	l->uses = egm__alloc_zero(c, n * 8, sizeof *l->uses);
	l->offset = egm__alloc_zero(c, n, sizeof *l->offset);
	if (!l->live || !l->uses || !l->offset) return egm__fail(EGM_ERR_MEMORY, "no memory for %zu nodes", n);
	l->sum = l->live + n, l->absorbed = l->live + 2 * n, l->stored = l->live + 3 * n;
	l->bound = l->live + 4 * n, l->is_output = l->live + 5 * n;
	l->at = l->uses + n, l->first = l->uses + 2 * n, l->buffer = l->uses + 3 * n;
	l->slot = l->uses + 4 * n, l->value = l->uses + 5 * n, l->stamp = l->uses + 6 * n;
	l->window = l->uses + 7 * n;
	for (size_t i = 0; i < n; i++) l->at[i] = l->first[i] = l->buffer[i] = l->window[i] = -1;
	return EGM_OK;
}

egm_status egm__program_compile(egm__program **out, const egm__graph *g)
{
	egm__graph *resolved = NULL;
	*out = NULL;
	egm_status st = egm__graph_status(g);
	if (st != EGM_OK) return st;
	egm__program *p = egm__alloc_zero(g->context, 1, sizeof *p);
	if (!p) return egm__fail(EGM_ERR_MEMORY, "no memory for a program");
	p->context = g->context;
	egm__context_retain(p->context);
	p->dtype = g->dtype;
	p->table = egm__kernels_get(p->context->simd, p->dtype);
	egm__lower l = {.g = g, .p = p};
	EGM_TRY(egm__graph_resolve(&resolved, g));
	if (resolved) l.g = resolved;
	EGM_TRY(allocate_lower(&l));
	EGM_TRY(egm__lower_graph(&l));
	EGM_TRY(egm__emit_kernels(&l));
	EGM_TRY(egm__mark_served(p));
	EGM_TRY(egm__plan_memory(p));
	EGM_TRY(egm__pack_memory(p));
	*out = p;
out:
	release_lower(&l);
	egm__graph_free(resolved);
	if (st != EGM_OK) egm__program_free(p);
	return st;
}

egm_status egm__program_own(egm__program *p)
{
	p->arena = p->owned = egm__alloc_zero(p->context, p->arena_bytes ? p->arena_bytes : 1, 1);
	return p->owned ? EGM_OK : egm__fail(EGM_ERR_MEMORY, "no memory for an arena of %zu bytes", p->arena_bytes);
}

void egm__program_borrow(egm__program *p, void *arena)
{
	egm__free(p->context, p->owned);
	p->owned = NULL;
	p->arena = arena;
}

egm_status egm__program_create(egm__program **out, const egm__graph *g)
{
	egm_status st = egm__program_compile(out, g);
	if (st == EGM_OK) st = egm__program_own(*out);
	if (st != EGM_OK) {
		egm__program_free(*out);
		*out = NULL;
	}
	return st;
}

egm_status egm__program_clone(egm__program **out, egm__program *p)
{
	*out = NULL;
	egm__program *clone = egm__alloc(p->context, 1, sizeof *clone);
	if (!clone) return egm__fail(EGM_ERR_MEMORY, "no memory for a program");
	*clone = *p;
	clone->origin = p->origin ? p->origin : p;
	egm__context_retain(p->context);
	egm_status st = egm__program_own(clone);
	if (st == EGM_OK)
		*out = clone;
	else
		egm__program_free(clone);
	return st;
}

static void free_kernels(egm__program *p)
{
	egm_context *c = p->context;
	for (int32_t i = 0; i < p->n_kernels; i++) {
		egm__free(c, p->kernels[i].group.instr);
		egm__free(c, p->kernels[i].group.mem);
		egm__free(c, p->kernels[i].group.closer);
	}
	egm__free(c, p->kernels);
	egm__free(c, p->buffers);
	egm__free(c, p->packs);
	egm__free(c, p->packed);
}

void egm__program_free(egm__program *p)
{
	if (!p) return;
	egm_context *c = p->context;
	if (!p->origin) free_kernels(p);
	egm__free(c, p->owned);
	egm__free(c, p);
	egm_context_free(c);
}

size_t egm__program_arena_bytes(const egm__program *p)
{
	return p->arena_bytes;
}

double egm__program_flops(const egm__program *p)
{
	return p->flops;
}

size_t egm__program_arena_used(const egm__program *p)
{
	size_t top = 0;
	for (int32_t i = 0; i < p->n_buffers; i++) {
		size_t end = (size_t)(p->buffers[i].offset + p->buffers[i].bytes + 63) / 64 * 64;
		if (end > top) top = end;
	}
	return top + (size_t)p->scratch_bytes * (size_t)p->context->threads;
}

/* ---- the listing */

typedef struct text {
	char *buffer;
	size_t size, length;
} text;

static void say(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	size_t room = t->length < t->size ? t->size - t->length : 0;
	int n = vsnprintf(room ? t->buffer + t->length : NULL, room, format, args);
	va_end(args);
	if (n > 0) t->length += (size_t)n;
}

static void say_mem(text *t, const egm__mem *m)
{
	say(t, " %d+%lld(%lld,%lld)", m->slot, (long long)m->offset, (long long)m->s[0], (long long)m->s[1]);
}

static void say_group(text *t, const egm__group *g)
{
	static const char *const names[EGM__TILE_COUNT] = {
	    "fill", "splat",     "affine", "lin",        "lin_s",      "mul",     "mul_s",      "leaky",     "step",
	    "exp",  "log",       "sqrt",   "recip",      "tanh",       "sigmoid", "softplus",   "erf",       "logistic",
	    "elu",  "elu_slope", "silu",   "silu_slope", "silu_curve", "gelu",    "gelu_slope", "gelu_curve"};
	say(t, "group %lld x %lld, %d registers%s:", (long long)g->rows, (long long)g->columns, g->n_regs,
	    g->flat ? ", flat" : "");
	for (int32_t i = 0; i < g->n_mem; i++) {
		say(t, " m%d=", i);
		say_mem(t, &g->mem[i]);
	}
	for (int32_t i = 0; i < g->n_instr; i++) {
		const egm__instr *in = &g->instr[i];
		say(t, "\n    %s", names[in->op]);
		int32_t refs[3] = {in->y, in->a, in->b};
		for (int j = 0; j < 3; j++) say(t, " %c%d", refs[j] < 0 ? 'm' : 'r', refs[j] < 0 ? ~refs[j] : refs[j]);
		say(t, " %g %g %g", in->c[0], in->c[1], in->c[2]);
	}
	for (int32_t i = 0; i < g->n_closer; i++)
		say(t, "\n    sum%d of %d into m%d", g->closer[i].kind, g->closer[i].source, ~g->closer[i].out);
}

size_t egm__program_describe(const egm__program *p, char *buffer, size_t size)
{
	text t = {buffer, size, 0};
	for (int32_t i = 0; i < p->n_kernels; i++) {
		const egm__kernel *k = &p->kernels[i];
		say(&t, "%d ", i);
		if (k->kind == EGM__KERNEL_GROUP) {
			say_group(&t, &k->group);
		} else if (k->kind == EGM__KERNEL_GEMM || k->kind == EGM__KERNEL_PACKED || k->kind == EGM__KERNEL_CONV) {
			say(&t, "%s %lld x %lld x %lld %c%c alpha %g beta %g",
			    k->kind == EGM__KERNEL_GEMM     ? "gemm"
			    : k->kind == EGM__KERNEL_PACKED ? "packed"
			                                    : "conv",
			    (long long)k->gemm.m, (long long)k->gemm.n, (long long)k->gemm.k, k->gemm.ta ? 'T' : 'N',
			    k->gemm.tb ? 'T' : 'N', k->gemm.alpha, k->gemm.beta);
		} else {
			static const char *const names[] = {
			    [EGM__KERNEL_NOISE] = "noise",     [EGM__KERNEL_MAX] = "max",   [EGM__KERNEL_COPY] = "copy",
			    [EGM__KERNEL_PATCHES] = "patches", [EGM__KERNEL_FOLD] = "fold", [EGM__KERNEL_BLOCK_SUM] = "block sum",
			    [EGM__KERNEL_REPEAT] = "repeat"};
			say(&t, "%s %lld", names[k->kind], (long long)egm__shape_count(&k->shape));
		}
		say(&t, "\n");
	}
	return t.length + 1;
}
