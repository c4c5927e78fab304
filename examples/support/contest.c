/* SPDX-License-Identifier: MIT */
/* The learning rate falls over the training, so the number of steps must be known before the first step. Each stage of
 * a system is therefore set up twice: first to time some steps, then to train as many steps as fit into its share of
 * the budget. The result depends only on the number of steps, which the table shows. */
#include "contest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "progress.h"

enum { WARM_STEPS = 3, LOOK_SAMPLES = 1000, MMD_SAMPLES = 2000 };
static const double timed_seconds = 0.3;

egm_status contest_start(contest *c, egm_context *context, const contest_rules *rules)
{
	memset(c, 0, sizeof *c);
	c->toy = toy_of(rules->toy);
	c->context = context;
	c->rules = *rules;
	c->points = toy_points(&c->toy, rules->seed, CONTEST_POINTS);
	return egm_data_copy(&c->data, context, egm_f32(c->points, CONTEST_POINTS, 2));
}

void contest_free(contest *c)
{
	learner_free(&c->learner);
	egm_data_free(c->data);
	free(c->points);
	memset(c, 0, sizeof *c);
}

/* ---- scores */

/* Computes all scores of samples [count, 2]. The width of the kernel is between the width of a mode and the distance of
 * two modes. */
static egm_status score(const contest *c, const float *samples, size_t count, outcome *o)
{
	const double width = 0.25;
	size_t compared = count < MMD_SAMPLES ? count : MMD_SAMPLES;
	float real[MMD_SAMPLES][2];
	egm_mmd_options options = EGM_MMD_OPTIONS_INIT;
	toy_draw(&c->toy, c->rules.seed + 2, real[0], compared);
	options.bandwidths = &width;
	options.bandwidth_count = 1;
	TRY(egm_metric_mmd(c->context, egm_f32(samples, (int64_t)compared, 2), egm_f32(real[0], (int64_t)compared, 2),
	                   &options, &o->mmd, NULL, NULL));
	o->spread = toy_spread(&c->toy, samples, count);
	return toy_score(&c->toy, c->context, samples, count, &o->score);
}

/* ---- training */

static egm_status set_up(contest *c, const system_entry *entry)
{
	learner_free(&c->learner);
	TRY(learner_start(&c->learner, c->context, &c->toy, c->points, CONTEST_POINTS, c->rules.seed));
	return entry->set_up(&c->learner);
}

static egm_status make_trainer(const learner *l, const learner_stage *stage, int64_t steps, egm_trainer **out)
{
	egm_trainer_options options = l->training;
	options.schedule_steps = steps;
	TRY(egm_trainer_create(out, stage->loss, &options));
	if (!l->with_negatives) return EGM_OK;
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	egm_status status = egm_target_model(&target, l->energy, &l->target);
	if (status == EGM_OK) status = egm_sampler_annealed_langevin(&sampler, target, &l->chains);
	if (status == EGM_OK) status = egm_trainer_set_negatives(*out, sampler, &l->negatives);
	egm_sampler_free(sampler);
	egm_target_free(target);
	return status;
}

static egm_status fit(const contest *c, egm_trainer *trainer, const learner_stage *stage, int64_t steps,
                      progress *watch)
{
	return egm_trainer_fit(trainer, stage->without_data ? NULL : c->data, steps, watch ? progress_step : NULL, watch);
}

/* Number of steps of the stage that fit into its share of the budget. Trains the networks a little. */
static egm_status count_steps(const contest *c, const learner_stage *stage, int64_t *steps)
{
	egm_trainer *trainer = NULL;
	int64_t timed = 0;
	double seconds = 0;
	if (c->rules.steps > 0) {
		*steps = llround(fmax(stage->share * (double)c->rules.steps, 1));
		return EGM_OK;
	}
	egm_status status = make_trainer(&c->learner, stage, 1000000, &trainer);
	if (status == EGM_OK) status = fit(c, trainer, stage, WARM_STEPS, NULL);
	for (double start = cpu_now(); status == EGM_OK && seconds < timed_seconds; seconds = cpu_now() - start)
		status = fit(c, trainer, stage, WARM_STEPS, NULL), timed += WARM_STEPS;
	egm_trainer_free(trainer);
	*steps = 1 + llround(stage->share * c->rules.seconds / fmax(seconds, 1e-9) * (double)timed);
	return status;
}

/* High-quality share of a few samples from the present networks. Drawing does not count as training time. */
static egm_status look(contest *c, const system_entry *entry, egm_trainer *trainer, outcome *o)
{
	float samples[LOOK_SAMPLES][2];
	int64_t count = c->rules.samples < LOOK_SAMPLES ? c->rules.samples : LOOK_SAMPLES;
	TRY(learner_look(&c->learner, trainer));
	TRY(entry->draw(&c->learner, c->rules.seed, count, samples[0]));
	egm_mode_coverage score;
	TRY(toy_score(&c->toy, c->context, samples[0], (size_t)count, &score));
	o->time[o->looks] = o->seconds;
	o->share[o->looks++] = score.high_quality;
	return EGM_OK;
}

/* Trains the last stage in pieces, and scores samples after each. Earlier stages have nothing to draw from. */
static egm_status train_stage(contest *c, const system_entry *entry, size_t index, int64_t steps, outcome *o)
{
	const learner_stage *stage = &c->learner.stages[index];
	int last = index + 1 == LEARNER_STAGES || !c->learner.stages[index + 1].loss;
	int64_t pieces = last && steps >= CONTEST_LOOKS ? CONTEST_LOOKS : 1;
	egm_trainer *trainer = NULL;
	progress watch;
	progress_start(&watch, stage->loss, 0, steps, 0);
	egm_status status = make_trainer(&c->learner, stage, steps, &trainer);
	for (int64_t i = 0; i < pieces && status == EGM_OK; i++) {
		double start = cpu_now();
		status = fit(c, trainer, stage, steps * (i + 1) / pieces - steps * i / pieces, &watch);
		o->seconds += cpu_now() - start;
		if (status == EGM_OK && last) status = look(c, entry, trainer, o);
	}
	program_clear();
	progress_free(&watch);
	egm_trainer_free(trainer);
	o->steps += steps;
	return status;
}

static egm_status train(contest *c, const system_entry *entry, outcome *o)
{
	int64_t steps[LEARNER_STAGES] = {0};
	c->trained = NULL;
	TRY(set_up(c, entry));
	for (size_t i = 0; i < LEARNER_STAGES && c->learner.stages[i].loss; i++)
		TRY(count_steps(c, &c->learner.stages[i], &steps[i]));
	double start = cpu_now();
	TRY(set_up(c, entry));
	if (!c->learner.stages[0].loss) o->seconds = cpu_now() - start;
	for (size_t i = 0; i < LEARNER_STAGES && c->learner.stages[i].loss; i++) TRY(train_stage(c, entry, i, steps[i], o));
	c->trained = entry;
	c->trained_steps = o->steps;
	c->trained_seconds = o->seconds;
	return EGM_OK;
}

static egm_status train_and_draw(contest *c, const system_entry *entry, outcome *o)
{
	const system_entry *base = entry;
	while (!base->set_up) base--;
	if (c->trained != base || base == entry) TRY(train(c, base, o));
	if (base != entry) o->looks = 0;
	o->steps = c->trained_steps;
	o->seconds = c->trained_seconds;
	double start = cpu_now();
	TRY(entry->draw(&c->learner, c->rules.seed, c->rules.samples, o->samples));
	o->draw_seconds = cpu_now() - start;
	return EGM_OK;
}

egm_status contest_run(contest *c, const system_entry *entry, outcome *o)
{
	*o = (outcome){.entry = entry, .finite = 1, .spread = NAN, .mmd = NAN};
	o->score.high_quality = o->score.reverse_kl = NAN;
	o->samples = program_alloc((size_t)c->rules.samples, 2 * sizeof *o->samples);
	egm_status status = train_and_draw(c, entry, o);
	if (status == EGM_OK) status = score(c, o->samples, (size_t)c->rules.samples, o);
	if (status != EGM_ERR_NONFINITE && status != EGM_ERR_DIVERGED) return status;
	o->finite = 0;
	snprintf(o->reason, sizeof o->reason, "%s", egm_last_error());
	return EGM_OK;
}
