/* SPDX-License-Identifier: MIT */
/* The same as first_steps.c in C++: trains an energy on points on a noisy circle, scores points, and draws new points.
 * Errors are exceptions, handles free themselves, arrays are containers, and callbacks are lambdas. */
#include <egm.hpp>

#include <cmath>
#include <cstdio>
#include <random>

using points = std::vector<std::array<float, 2>>;

static points noisy_circle(std::size_t n)
{
	std::mt19937 random(1);
	std::uniform_real_distribution<float> angle(0, 6.2831853f);
	std::normal_distribution<float> noise(0, 0.1f);
	points x(n);
	for (auto &point : x) {
		float a = angle(random);
		point = {{std::cos(a) + noise(random), std::sin(a) + noise(random)}};
	}
	return x;
}

static void run()
{
	// egm::make calls a function of egm.h that creates a handle; options that are left out have their defaults.
	egm::context context = egm::make(egm_context_create);
	egm::data data = egm::make(egm_data_copy, context, noisy_circle(10000));
	egm::model energy =
	    egm::make(egm_model_create, context, "energy", 2).dense(64).silu().dense(64).silu().dense(1).build(EGM_F32, 1);
	egm_dsm_options matching = EGM_DSM_OPTIONS_INIT;
	matching.sigma = 0.2;
	egm::loss loss = egm::make(egm_loss_dsm, energy, matching);
	egm_trainer_options training = EGM_TRAINER_OPTIONS_INIT;
	training.learning_rate = 2e-3;
	egm::trainer trainer = egm::make(egm_trainer_create, loss, training);
	trainer.fit(data, 3000, [](const egm_progress &p) {
		if (p.step % 1000 == 0)
			std::printf("step %d: %s %.3f\n", static_cast<int>(p.step), p.term_names[0], p.terms[0]);
	});

	const float questions[2][2] = {{0, 1}, {0, 0}};
	std::vector<float> answers = energy.energy(questions);
	std::printf("energy on the circle %.2f, at its centre %.2f: low = likely\n", answers[0], answers[1]);

	egm_nuts_options chains = EGM_NUTS_OPTIONS_INIT;
	chains.chains = 8;
	egm::target target = egm::make(egm_target_model, energy);
	egm::sampler sampler = egm::make(egm_sampler_nuts, target, chains);
	points draws(100 * 8);
	sampler.warmup(200);
	sampler.run(100, 1, draws);
	double radius = 0;
	for (const auto &draw : draws) radius += std::hypot(draw[0], draw[1]) / static_cast<double>(draws.size());
	std::printf("%zu draws, %.2f from the centre on average\n", draws.size(), radius);
}

int main()
{
	try {
		run();
	} catch (const egm::error &error) {
		std::fprintf(stderr, "%s: %s\n", egm_status_name(error.status()), error.what());
		return 1;
	}
}
