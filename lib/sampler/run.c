/* SPDX-License-Identifier: MIT */
/* The loop that drives chains. In each round every chain of a block that has work left names a point, the target is
 * evaluated at all of them at once, and every chain takes its answer. A block does all its transitions by itself, so
 * threads meet twice in a call: when they begin and when they end. */
#include <core/rng_impl.h>
#include <core/size_impl.h>
#include <math.h>
#include <sampler/sampler_impl.h>
#include <string.h>

enum {
	MAX_ROWS = 64, /* of a block: a net's activations for so many points stay in the second cache */
	TILE_ROWS = 8  /* that a packed product takes at a time */
};

struct egm__block {
	egm_sampler *sampler;
	int64_t first, count; /* walkers */
	egm__probe *probe;
	char *x, *gradient;  /* [count, dims] of its walkers */
	char *noise;         /* [count] rows of egm__noise_stride elements */
	egm__walker **asked; /* [count] who asked for row i */
	int64_t *made;       /* [chains of the block] transitions in this call */
	int turned;          /* a walker ended a transition in the last round, or learnt where it stands */
	egm_status status;
	int64_t froze; /* the lowest chain that froze in this call, -1: none */
};

typedef struct advance {
	egm_sampler *s;
	int64_t n, thin;
	char *draws, *energies;
	int stop; /* a block's callback has stopped: the others follow. Through __atomic builtins */
} advance;

/* ---- random numbers: walker i owns the same range of every stream, whatever the other walkers are */

double egm__walker_uniform(const egm_sampler *s, const egm__walker *w, uint32_t k)
{
	uint32_t words[4], pair = k % 2 * 2;
	egm__rng rng = {.seed = s->options.seed, .step = w->answers, .stream = EGM__STREAM_DECISION};
	egm__rng_block(&rng, (uint32_t)(w->index * 32 + k / 2), words);
	uint64_t bits = (uint64_t)words[pair] << 32 | words[pair + 1];
	return (double)(bits >> 11) * 0x1p-53;
}

/* Noise for walkers from .. to-1, which stand at one clock. */
static void draw_noise(const egm__block *b, int64_t from, int64_t to)
{
	const egm_sampler *s = b->sampler;
	const egm__walker *w = &s->walkers[b->first + from];
	int64_t stride = egm__noise_stride(s->dims);
	egm__rng rng = {.seed = s->options.seed, .step = w->clock, .stream = EGM__STREAM_MOMENTUM};
	s->table->normal((to - from) * stride, w->noise, &rng, w->index * stride);
}

/* ---- a round */

void egm__walker_stand(const egm_sampler *s, egm__walker *w, const egm__probe *probe, int64_t row)
{
	size_t bytes = (size_t)egm__point_bytes(s);
	memcpy(w->x, (char *)probe->y + (size_t)row * bytes, bytes);
	memcpy(w->gradient, (char *)probe->gradient + (size_t)row * bytes, bytes);
	w->value = probe->value[row];
	w->energy = probe->energy[row];
	w->jacobian = probe->jacobian[row];
	w->primed = 1;
}

static int chain_is_frozen(const egm_sampler *s, int64_t chain)
{
	for (int64_t l = 0; l < s->levels; l++)
		if (s->walkers[chain * s->levels + l].frozen) return 1;
	return 0;
}

/* Whether walker i of the block has something to do in this call. */
static int has_work(const advance *a, const egm__block *b, int64_t i)
{
	const egm__walker *w = &a->s->walkers[b->first + i];
	int64_t chain = a->s->levels == 1 ? i : i / a->s->levels; /* a division costs as much as all the rest */
	return b->made[chain] < a->n * a->thin && w->inner < a->s->inner && !w->frozen;
}

/* Walkers that begin a transition in this round get their noise, neighbours together. */
static void begin_transitions(const advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int64_t from = 0, n = 0; /* a run of beginners */
	for (int64_t i = 0; i <= b->count; i++) {
		egm__walker *w = i < b->count ? &s->walkers[b->first + i] : NULL;
		int begins = w && w->primed && !w->inside && has_work(a, b, i);
		if (n && (!begins || w->clock + 1 != s->walkers[b->first + from].clock)) {
			draw_noise(b, from, from + n);
			n = 0;
		}
		if (!begins) continue;
		if (!n) from = i;
		n++;
		w->clock++;
		w->inside = 1;
		w->noise = b->noise + i * egm__noise_stride(s->dims) * egm__element(s->target->dtype);
	}
	if (!s->method->begin) return;
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &s->walkers[b->first + i];
		if (w->inside == 1) s->method->begin(s, w);
		if (w->inside) w->inside = 2;
	}
}

static int64_t ask_all(const advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int64_t n = 0, bytes = egm__point_bytes(s);
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &s->walkers[b->first + i];
		if (!has_work(a, b, i)) continue;
		char *y = (char *)b->probe->y + n * bytes;
		egm__bridge rest = w->bridge;
		if (w->primed)
			s->method->ask(s, w, y);
		else
			memcpy(y, w->x, (size_t)bytes);
		b->probe->bridge[n] = w->bridge;
		w->bridge = rest;
		b->asked[n++] = w;
	}
	return n;
}

/* Where nothing is known of the point, its energy is none. */
static void freeze(egm__block *b, egm__walker *w)
{
	if (!w->primed) w->value = NAN;
	w->frozen = 1;
	w->inside = 0;
	int64_t chain = w->index / b->sampler->levels;
	if (b->froze < 0 || chain < b->froze) b->froze = chain;
}

static void end_transition(egm_sampler *s, egm__walker *w)
{
	w->inside = 0;
	w->inner++;
	w->transitions++;
	if (isfinite(w->accept)) w->accept_sum += w->accept;
	if (w->adaptation) egm__adaptation_update(s, w);
}

static void take_all(egm__block *b, int64_t n)
{
	egm_sampler *s = b->sampler;
	b->turned = 0;
	for (int64_t i = 0; i < n; i++) {
		egm__walker *w = b->asked[i];
		w->gradients++;
		if (w->primed) w->answers++; /* asking again what is known, after a load or a change, must not move the draws */
		if (!isfinite(b->probe->value[i]) && !(w->primed && s->method->metropolis))
			freeze(b, w);
		else if (!w->primed)
			egm__walker_stand(s, w, b->probe, i);
		else if (s->method->take(s, w, b->probe, i))
			end_transition(s, w);
		else
			continue;
		b->turned = 1;
	}
}

/* ---- draws */

static void put_number(egm_dtype dtype, char *at, int64_t index, double value)
{
	if (dtype == EGM_F32)
		((float *)(void *)at)[index] = (float)value;
	else
		((double *)(void *)at)[index] = value;
}

static void write_draw(const advance *a, int64_t chain, int64_t draw)
{
	egm_sampler *s = a->s;
	const egm__walker *w = &s->walkers[chain * s->levels];
	int64_t at = draw * s->options.chains + chain, bytes = egm__point_bytes(s);
	double energy = w->value + w->jacobian;
	char *x = a->draws ? a->draws + at * bytes : NULL;
	if (s->method->draw)
		energy = s->method->draw(s, w, x);
	else if (x)
		memcpy(x, w->x, (size_t)bytes);
	if (x && s->target->lower) egm__target_to_points(s->target, 1, x, x);
	if (a->energies) put_number(s->target->dtype, a->energies, at, energy);
}

/* Chains whose walkers have all made their transitions. */
static void close_chains(const advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int64_t levels = s->levels, first = levels == 1 ? b->first : b->first / levels;
	for (int64_t c = 0; c * levels < b->count; c++) {
		egm__walker *w = &s->walkers[b->first + c * levels];
		int64_t chain = first + c, done = 0;
		while (done < levels && w[done].inner == s->inner) done++;
		if (done < levels) continue;
		for (int64_t l = 0; l < levels; l++) w[l].inner = 0;
		if (s->method->close) s->method->close(s, chain);
		s->chains[chain].transitions++;
		if (++b->made[c] % a->thin == 0) write_draw(a, chain, b->made[c] / a->thin - 1);
	}
}

/* A frozen chain's place is the rest of its draws. */
static void fill_frozen(const advance *a, egm__block *b)
{
	int64_t levels = a->s->levels;
	for (int64_t c = 0; c < b->count / levels; c++) {
		int64_t chain = b->first / levels + c;
		if (!chain_is_frozen(a->s, chain)) continue;
		for (int64_t draw = b->made[c] / a->thin; draw < a->n; draw++) write_draw(a, chain, draw);
	}
}

/* Transitions under way when a callback stopped: the chains stand where these began. */
static void abandon(egm__block *b)
{
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = &b->sampler->walkers[b->first + i];
		if (w->inside) w->primed = 0;
		w->inside = 0;
	}
}

static egm_status evaluate(advance *a, egm__block *b, int64_t n)
{
	if (__atomic_load_n(&a->stop, __ATOMIC_RELAXED)) return EGM_ERR_STOPPED;
	egm_status st = egm__probe_run(b->probe, n);
	if (st != EGM_OK) __atomic_store_n(&a->stop, 1, __ATOMIC_RELAXED);
	return st;
}

/* ---- a block in step: its chains begin and end every transition together and stand where they asked. Passes go over
 * all rows at once, and nothing is copied: the rows that were evaluated become those of the walkers. */

static void place_walkers(const egm__block *b)
{
	int64_t bytes = egm__point_bytes(b->sampler);
	for (int64_t i = 0; i < b->count; i++) {
		b->sampler->walkers[b->first + i].x = b->x + i * bytes;
		b->sampler->walkers[b->first + i].gradient = b->gradient + i * bytes;
	}
}

static int in_step(const advance *a, const egm__block *b)
{
	const egm_sampler *s = a->s;
	const egm__walker *w = &s->walkers[b->first];
	if (!s->method->march || w->scale || egm__noise_stride(s->dims) != s->dims) return 0;
	for (int64_t i = 0; i < b->count; i++)
		if (!w[i].primed || w[i].clock != w->clock || w[i].step != w->step || !has_work(a, b, i)) return 0;
	return 1;
}

static int all_finite(const egm__block *b)
{
	int finite = 1;
	for (int64_t i = 0; i < b->count; i++) finite &= isfinite(b->probe->value[i]) != 0;
	return finite;
}

/* The answers of a whole block, none of which freezes a walker. */
static void settle(egm__block *b)
{
	egm_sampler *s = b->sampler;
	egm__probe_exchange(b->probe, &b->x, &b->gradient);
	place_walkers(b);
	for (int64_t i = 0; i < b->count; i++) {
		egm__walker *w = b->asked[i];
		w->value = b->probe->value[i];
		w->energy = b->probe->energy[i];
		w->jacobian = b->probe->jacobian[i];
		w->accept = NAN;
		w->gradients++;
		w->answers++;
		end_transition(s, w);
	}
}

/* Rounds of a block in step, until it has nothing left to do or a walker freezes. */
static egm_status march(advance *a, egm__block *b)
{
	egm_sampler *s = a->s;
	int finite = 1;
	while (finite && in_step(a, b)) {
		begin_transitions(a, b);
		for (int64_t i = 0; i < b->count; i++) {
			b->asked[i] = &s->walkers[b->first + i];
			b->probe->bridge[i] = b->asked[i]->bridge;
		}
		s->method->march(s, b->asked[0], b->count, b->probe->y);
		egm_status st = evaluate(a, b, b->count);
		if (st != EGM_OK) return st;
		finite = all_finite(b);
		if (finite)
			settle(b);
		else
			take_all(b, b->count);
		close_chains(a, b);
	}
	return EGM_OK;
}

static egm_status round_of(advance *a, egm__block *b, int64_t *n)
{
	if (b->turned) begin_transitions(a, b);
	*n = ask_all(a, b);
	if (*n == 0) return EGM_OK;
	egm_status st = evaluate(a, b, *n);
	if (st != EGM_OK) return st;
	take_all(b, *n);
	if (b->turned) close_chains(a, b);
	return EGM_OK;
}

static void run_block(int32_t index, void *argument)
{
	advance *a = argument;
	egm__block *b = &a->s->blocks[index];
	b->status = EGM_OK;
	b->turned = 1;
	b->froze = -1;
	memset(b->made, 0, (size_t)(b->count / a->s->levels) * sizeof *b->made);
	for (int64_t n = 1; n > 0 && b->status == EGM_OK;) {
		b->status = march(a, b);
		if (b->status == EGM_OK) b->status = round_of(a, b, &n);
	}
	if (b->status == EGM_OK)
		fill_frozen(a, b);
	else
		abandon(b);
}

/* ---- a call */

static void prepare(egm_sampler *s)
{
	uint64_t version = egm__target_version(s->target);
	if (version == s->version) return;
	egm__probe_prepare(s->blocks[0].probe);
	for (int64_t i = 0; i < s->n_walkers; i++) s->walkers[i].primed = 0;
	s->version = version;
}

egm_status egm__sampler_advance(egm_sampler *s, int64_t n, int64_t thin, void *draws, void *energies)
{
	advance a = {.s = s, .n = n, .thin = thin, .draws = draws, .energies = energies};
	prepare(s);
	egm__parallel(s->context, s->n_blocks, run_block, &a);
	for (int32_t i = 0; i < s->n_blocks; i++)
		if (s->blocks[i].status != EGM_OK)
			return egm__fail(s->blocks[i].status, "%s: the energy callback stopped the sampler", s->method->name);
	for (int32_t i = 0; i < s->n_blocks; i++)
		if (s->blocks[i].froze >= 0)
			return egm__fail(EGM_ERR_NONFINITE,
			                 "%s: energy or gradient of chain %lld is not finite after %lld transitions; it is frozen",
			                 s->method->name, (long long)s->blocks[i].froze,
			                 (long long)s->chains[s->blocks[i].froze].transitions);
	return EGM_OK;
}

/* ---- blocks */

/* Chains of a block. A net is evaluated row by row in bits that do not depend on the other rows, so the cut may follow
 * the number of threads; a callback is cut as its owner said. */
static int64_t chains_of_block(const egm_sampler *s)
{
	const egm_target *t = s->target;
	int64_t chains = s->options.chains, rows = t->callback ? t->callback_rows : MAX_ROWS;
	if (t->callback && !t->concurrent) return chains;
	int64_t most = rows / s->levels > 1 ? rows / s->levels : 1, n = (chains + most - 1) / most;
	if (!t->callback) {
		int64_t threads = s->context->threads;
		n = (n + threads - 1) / threads * threads;
		if (n > chains) n = chains;
	}
	if (t->callback) return most;
	int64_t size = (chains + n - 1) / n, rest = size % TILE_ROWS;
	/* beyond half a tile of a product the whole one costs no more */
	if (s->levels == 1 && rest > TILE_ROWS / 2) size += TILE_ROWS - rest;
	return size < most ? size : most;
}

static egm_status create_block(egm_sampler *s, egm__block *b, int64_t rows)
{
	egm_status st = EGM_OK;
	size_t noise = (size_t)(b->count * egm__noise_stride(s->dims)), points = (size_t)(rows * s->dims);
	size_t element = egm__dtype_size(s->target->dtype);
	b->sampler = s;
	b->x = egm__alloc_zero(s->context, points, element);
	b->gradient = egm__alloc_zero(s->context, points, element);
	b->noise = egm__alloc_zero(s->context, noise, element);
	b->asked = egm__alloc_zero(s->context, (size_t)b->count, sizeof *b->asked);
	b->made = egm__alloc_zero(s->context, (size_t)b->count, sizeof *b->made);
	if (!b->x || !b->gradient || !b->noise || !b->asked || !b->made)
		EGM_FAIL(EGM_ERR_MEMORY, "sampler: out of memory for a block of %lld chains", (long long)b->count);
	place_walkers(b);
	EGM_TRY(egm__probe_create(&b->probe, s->target, rows, b == s->blocks ? NULL : s->blocks[0].probe));
out:
	return st;
}

egm_status egm__blocks_create(egm_sampler *s)
{
	egm_status st = EGM_OK;
	int64_t size = chains_of_block(s), n = (s->options.chains + size - 1) / size;
	s->blocks = n > INT32_MAX ? NULL : egm__alloc_zero(s->context, (size_t)n, sizeof *s->blocks);
	if (!s->blocks) EGM_FAIL(EGM_ERR_MEMORY, "sampler: out of memory for %lld blocks of chains", (long long)n);
	s->n_blocks = (int32_t)n;
	for (int64_t i = 0; i < n; i++) {
		egm__block *b = &s->blocks[i];
		int64_t chains = s->options.chains - i * size < size ? s->options.chains - i * size : size;
		b->first = i * size * s->levels;
		b->count = chains * s->levels;
		EGM_TRY(create_block(s, b, size * s->levels));
	}
out:
	return st;
}

void egm__blocks_free(egm_sampler *s)
{
	for (int32_t i = s->n_blocks - 1; i >= 0 && s->blocks; i--) {
		egm__block *b = &s->blocks[i];
		egm__probe_free(b->probe);
		egm__free(s->context, b->x);
		egm__free(s->context, b->gradient);
		egm__free(s->context, b->noise);
		egm__free(s->context, b->asked);
		egm__free(s->context, b->made);
	}
	egm__free(s->context, s->blocks);
}
