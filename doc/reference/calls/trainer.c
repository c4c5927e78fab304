/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Progress of a training: says how it goes, and stops it after 150 steps. */
static int report(const egm_progress *progress, void *user)
{
	(void)user;
	if (progress->step % 50 == 0) printf("step %lld: %.3f\n", (long long)progress->step, progress->terms[0]);
	return progress->step >= 150;
}

static void training(egm_context *context, const egm_data *data)
{
	egm_model *energy = network(context, "energy", 2, 1);
	egm_loss *loss = NULL;
	check(egm_loss_dsm(&loss, energy, NULL));

	/* Settings of a short training: a learning rate that falls to 0, and averages of the parameters. */
	egm_trainer *trainer = NULL;
	egm_trainer_options options = EGM_TRAINER_OPTIONS_INIT;
	options.batch = 32;
	options.learning_rate = 2e-3;
	options.schedule = EGM_SCHEDULE_COSINE;
	options.schedule_steps = 400;
	options.average_decay = 0.99;
	check(egm_trainer_create(&trainer, loss, &options));

	/* A callback can stop a training. The next call continues it. */
	expect(egm_trainer_fit(trainer, data, 400, report, NULL) == EGM_ERR_STOPPED);
	expect(egm_trainer_steps(trainer) == 150);
	check(egm_trainer_fit(trainer, data, 400 - egm_trainer_steps(trainer), NULL, NULL));

	/* The loss at the last step. */
	printf("%s %.3f\n", egm_loss_term_name(loss, 0), egm_trainer_term(trainer, 0));

	/* The averaged network, which is the one to use. */
	egm_model *best = NULL;
	check(egm_trainer_average(&best, trainer, energy));

	/* A smaller learning rate for one network, or for all of them (NULL). */
	check(egm_trainer_set_learning_rate(trainer, energy, 1e-4));

	/* Memory of a step, which grows with the batch. */
	printf("%zu bytes\n", egm_trainer_arena_bytes(trainer));

	/* A checkpoint, to continue after the end of the program. */
	check(egm_trainer_save(trainer, "checkpoint.safetensors"));
	int64_t saved = egm_trainer_steps(trainer);

	check(egm_trainer_fit(trainer, data, 10, NULL, NULL));

	/* Back to the checkpoint: the trainer and its networks are as they were. */
	check(egm_trainer_restore(trainer, "checkpoint.safetensors", NULL));
	expect(egm_trainer_steps(trainer) == saved);

	/* The same in memory: keep a state, try something, and go back. */
	size_t size;
	check(egm_trainer_save_memory(trainer, NULL, 0, &size));
	void *state = malloc(size);
	expect(state != NULL);
	check(egm_trainer_save_memory(trainer, state, size, NULL));
	check(egm_trainer_fit(trainer, data, 10, NULL, NULL));
	check(egm_trainer_restore_memory(trainer, state, size, NULL));
	expect(egm_trainer_steps(trainer) == saved);

	free(state);
	egm_model_free(best);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
}

static void likelihood(egm_context *context, const egm_data *data)
{
	egm_model *energy = network(context, "energy", 2, 1);
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_target *target = NULL;
	egm_sampler *chains = NULL;
	check(egm_loss_ml(&loss, energy, NULL));
	check(egm_trainer_create(&trainer, loss, NULL));
	check(egm_target_model(&target, energy, NULL));
	check(egm_sampler_hmc(&chains, target, NULL));

	/* Negative samples by 5 HMC transitions for each batch, from where the chains ended before. */
	egm_negatives_options negatives = EGM_NEGATIVES_OPTIONS_INIT;
	negatives.steps = 5;
	negatives.near_data = 1;
	check(egm_trainer_set_negatives(trainer, chains, &negatives));

	check(egm_trainer_fit(trainer, data, 20, NULL, NULL));

	/* Do the chains follow the energy? The acceptance should not be near 0, nor the gap near its limit. */
	egm_negatives_statistics statistics = EGM_NEGATIVES_STATISTICS_INIT;
	check(egm_trainer_negatives_stats(trainer, &statistics));
	printf("acceptance %.2f, gap %.3f of at most %.0f\n", statistics.acceptance, statistics.gap, statistics.gap_limit);
	expect(fabs(statistics.gap) < statistics.gap_limit);

	egm_sampler_free(chains);
	egm_target_free(target);
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(energy);
}

int main(void)
{
	float points[100][2];
	for (int i = 0; i < 100; i++) points[i][0] = cosf(0.1f * i), points[i][1] = sinf(0.1f * i);
	egm_context *context = NULL;
	egm_data *data = NULL;
	check(egm_context_create(&context, NULL));
	check(egm_data_copy(&data, context, egm_f32(points[0], 100, 2)));
	training(context, data);
	likelihood(context, data);
	egm_data_free(data);
	egm_context_free(context);
	return 0;
}
