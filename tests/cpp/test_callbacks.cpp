/* SPDX-License-Identifier: MIT */
/* Functions of the program that the library calls. If one throws, the call that it ended throws the same exception, for
 * every call and in every thread. Function objects live as long as the library may call them. */
#include "support.hpp"

#include <atomic>
#include <functional>

using namespace egm_test;

namespace
{

/* Thrown by the functions here. It has no base class, so that nothing else catches it. */
struct surprise {
	int number;
};

typedef egm::span<const double> numbers;
typedef egm::span<double> room;

/* U = |x|^2 / 2. */
void normal(numbers x, room energies, room gradients)
{
	std::size_t dims = x.size() / energies.size();
	for (std::size_t i = 0; i < energies.size(); i++) {
		energies[i] = 0;
		for (std::size_t j = i * dims; j < (i + 1) * dims; j++) {
			energies[i] += x[j] * x[j] / 2;
			gradients[j] = x[j];
		}
	}
}

egm::sampler mala(const egm::target &target, int64_t chains)
{
	egm_mala_options options = EGM_MALA_OPTIONS_INIT;
	options.chains = chains;
	return egm::make(egm_sampler_mala, target, options);
}

template <class F> egm::target plain_target(const egm::context &context, F energy)
{
	return egm::target_callback<double>(context, 2, EGM_TARGET_OPTIONS_INIT, std::move(energy));
}

template <class F> egm::target concurrent_target(const egm::context &context, F energy)
{
	egm_target_options options = EGM_TARGET_OPTIONS_INIT;
	options.concurrent = 1;
	options.max_rows = 1;
	return egm::target_callback<double>(context, 2, options, std::move(energy));
}

} // namespace

/* ---- progress */

struct trained {
	egm::context context = egm::make(egm_context_create);
	egm::model energy = energy_net(context);
	egm::loss loss = egm::make(egm_loss_dsm, energy);
	egm::trainer trainer = egm::make(egm_trainer_create, loss);
	egm::data data = egm::make(egm_data_copy, context, circle(100));
};

START_TEST(test_progress__reports_and_stops)
{
	trained t;
	int64_t calls = 0;
	ck_assert(t.trainer.fit(t.data, 5, [&](const egm_progress &p) {
		calls++;
		ck_assert_int_eq(p.total, 5);
	}));
	ck_assert_int_eq(calls, 5);
	ck_assert(!t.trainer.fit(t.data, 5, [](const egm_progress &p) { return p.done == 2; }));
	ck_assert_int_eq(t.trainer.steps(), 7);
	std::function<int(const egm_progress &)> function = [](const egm_progress &p) { return p.done == 3; };
	ck_assert(!t.trainer.fit(t.data, 5, function));
	ck_assert_int_eq(t.trainer.steps(), 10);
	ck_assert(t.trainer.fit(t.data, 5));
}
END_TEST

START_TEST(test_progress__what_it_throws_ends_the_call)
{
	trained t;
	surprise s = thrown_by<surprise>([&] {
		t.trainer.fit(t.data, 100, [](const egm_progress &p) {
			if (p.done == 3) throw surprise{42};
		});
	});
	ck_assert_int_eq(s.number, 42);
	ck_assert_int_eq(t.trainer.steps(), 3);
	ck_assert(t.trainer.fit(t.data, 1)); /* the exception is gone */
}
END_TEST

START_TEST(test_progress__throws_at_the_last_step)
{
	trained t;
	thrown_by<surprise>([&] { t.trainer.fit(t.data, 1, [](const egm_progress &) { throw surprise{1}; }); });
	ck_assert_int_eq(t.trainer.steps(), 1);
}
END_TEST

START_TEST(test_progress__of_every_long_call)
{
	egm::context context = egm::make(egm_context_create);
	egm::target target = plain_target(context, normal);
	egm::sampler sampler = mala(target, 3);
	points x = circle(50);
	double number = 0;
	egm_ais_result ais = EGM_AIS_RESULT_INIT;
	auto throws = [](const egm_progress &) { throw surprise{7}; };
	auto stops = [](const egm_progress &) { return true; };
	thrown_by<surprise>([&] { sampler.warmup(10, throws); });
	thrown_by<surprise>([&] { sampler.run(10, 1, nullptr, nullptr, throws); });
	thrown_by<surprise>([&] { target.ais(nullptr, ais, nullptr, throws); });
	thrown_by<surprise>([&] { egm::call(egm_metric_mmd, context, x, x, nullptr, number, throws); });
	thrown_by<surprise>([&] { egm::call(egm_metric_sliced, context, x, x, nullptr, number, throws); });
	ck_assert(!sampler.warmup(10, stops));
	ck_assert(!sampler.run(10, 1, nullptr, nullptr, stops));
	ck_assert(!target.ais(nullptr, ais, nullptr, stops));
	ck_assert(!egm::call(egm_metric_mmd, context, x, x, nullptr, number, stops));
}
END_TEST

START_TEST(test_progress__a_stopped_fit_is_a_mixture)
{
	heap heap;
	egm::context context = heap.context();
	points x = circle(50);
	egm_mixture_options options = EGM_MIXTURE_OPTIONS_INIT;
	options.components = 3;
	long before = heap.blocks;
	egm::mixture best = egm::make(egm_mixture_fit, context, x, nullptr, options, nullptr,
	                              [](const egm_progress &p) { return p.done == 2; });
	ck_assert(best && best.components() == 3);
	best = egm::mixture();
	ck_assert_int_eq(heap.blocks, before);
	/* The mixture so far is freed if the program does not get it. */
	thrown_by<surprise>([&] {
		egm::make(egm_mixture_fit, context, x, nullptr, options, nullptr,
		          [](const egm_progress &) { throw surprise{1}; });
	});
	ck_assert_int_eq(heap.blocks, before);
}
END_TEST

/* ---- energies */

START_TEST(test_energy__draws)
{
	egm::context context = egm::make(egm_context_create);
	egm::target target = plain_target(context, normal);
	double x[2][2] = {{3, 4}, {0, 1}}, energies[2], gradients[2][2];
	target.evaluate(x, energies, gradients);
	ck_assert(energies[0] == 12.5 && energies[1] == 0.5 && gradients[0][1] == 4); /* exact in binary */
	egm::sampler sampler = mala(target, 4);
	std::vector<std::array<double, 2>> draws(40);
	sampler.run(10, 2, draws);
	egm_sampler_statistics statistics = EGM_SAMPLER_STATISTICS_INIT;
	sampler.stats(-1, statistics);
	ck_assert_int_eq(statistics.transitions, 4 * 20);
}
END_TEST

START_TEST(test_energy__what_it_throws_ends_the_call)
{
	egm::context context = egm::make(egm_context_create);
	bool fails = true;
	egm::target target = plain_target(context, [&](numbers x, room energies, room gradients) {
		if (fails) throw surprise{9};
		normal(x, energies, gradients);
	});
	egm::sampler sampler = mala(target, 4);
	egm_ais_result ais = EGM_AIS_RESULT_INIT;
	double x[2] = {0, 0}, energy[1];
	auto expect_surprise = [](std::function<void()> f) { ck_assert_int_eq(thrown_by<surprise>(f).number, 9); };
	expect_surprise([&] { sampler.run(5, 1); });
	expect_surprise([&] { sampler.warmup(5); });
	expect_surprise([&] { target.evaluate(egm::array(x, 2), energy); });
	expect_surprise([&] { target.ais(nullptr, ais); });
	fails = false;
	ck_assert(sampler.run(5, 1));
	ck_assert(target.ais(nullptr, ais));
	/* An exception that was thrown before does not appear in another error. */
	ck_assert_int_eq(thrown_by<egm::error>([&] { sampler.run(-1, 1); }).status(), EGM_ERR_ARGUMENT);
}
END_TEST

START_TEST(test_energy__throws_on_another_thread)
{
	egm::context context = threaded_context();
	std::thread::id caller = std::this_thread::get_id();
	std::atomic<int> elsewhere(0);
	egm::target target = concurrent_target(context, [&](numbers, room, room) {
		if (std::this_thread::get_id() != caller) elsewhere++;
		throw surprise{11};
	});
	egm::sampler sampler = mala(target, 64);
	ck_assert_int_eq(thrown_by<surprise>([&] { sampler.run(5, 1); }).number, 11);
	ck_assert_int_gt(elsewhere, 0);
	/* Other chains have thrown, too. These exceptions are dropped. */
	ck_assert_int_eq(thrown_by<egm::error>([&] { sampler.run(-1, 1); }).status(), EGM_ERR_ARGUMENT);
	ck_assert_int_eq(thrown_by<surprise>([&] { sampler.warmup(5); }).number, 11);
	egm_ais_options options = EGM_AIS_OPTIONS_INIT;
	egm_ais_result ais = EGM_AIS_RESULT_INIT;
	ck_assert_int_eq(thrown_by<surprise>([&] { target.ais(options, ais); }).number, 11);
}
END_TEST

START_TEST(test_energy__each_of_two_calls_at_once_throws)
{
	egm::context context = egm::make(egm_context_create);
	std::atomic<int> inside(0);
	/* Both calls are running when the first of them throws. */
	egm::target target = concurrent_target(context, [&](numbers, room, room) {
		inside++;
		while (inside < 2) std::this_thread::yield();
		throw surprise{inside.load()};
	});
	egm::sampler samplers[2] = {mala(target, 1), mala(target, 1)};
	int caught[2] = {0, 0};
	auto run = [&](int i) {
		try {
			samplers[i].run(1, 1);
		} catch (const surprise &) {
			caught[i]++;
		} catch (...) {
		}
	};
	std::thread first(run, 0), second(run, 1);
	first.join();
	second.join();
	ck_assert(caught[0] == 1 && caught[1] == 1);
}
END_TEST

START_TEST(test_energy__that_handles_an_exception_of_a_call_of_its_own)
{
	egm::context context = egm::make(egm_context_create);
	const egm::target *inner = nullptr;
	int depth = 0, handled = 0;
	bool stops = false;
	egm::target target = plain_target(context, [&](numbers x, room energies, room gradients) {
		if (depth) throw surprise{1};
		double point[1][2] = {{0, 0}}, energy[1];
		depth++;
		try {
			inner->evaluate(point, energy);
		} catch (const surprise &) {
			handled++;
		}
		depth--;
		if (stops) throw std::string("the outer one");
		normal(x, energies, gradients);
	});
	inner = &target;
	egm::sampler sampler = mala(target, 2);
	ck_assert(sampler.run(3, 1));
	ck_assert_int_gt(handled, 0);
	stops = true;
	std::string text = thrown_by<std::string>([&] { sampler.run(3, 1); });
	ck_assert_str_eq(text.c_str(), "the outer one");
}
END_TEST

/* A function object that counts its copies. */
struct counted {
	explicit counted(int *count) : alive(count) { ++*alive; }
	counted(const counted &other) : alive(other.alive) { ++*alive; }
	counted &operator=(const counted &) = delete;
	~counted() { --*alive; }
	void operator()(numbers x, room energies, room gradients) const
	{
		ck_assert_int_gt(*alive, 0);
		normal(x, energies, gradients);
	}
	int *alive;
};

START_TEST(test_energy__lives_as_long_as_a_sampler)
{
	egm::context context = egm::make(egm_context_create);
	int alive = 0;
	{
		egm::target target = plain_target(context, counted(&alive));
		ck_assert_int_eq(alive, 1);
		egm::sampler sampler = mala(target, 2), moved;
		target = egm::target();
		ck_assert_int_eq(alive, 1);
		moved = std::move(sampler);
		ck_assert(moved.run(3, 1));
		egm::sampler another = mala(plain_target(context, normal), 2);
		moved = std::move(another);
		ck_assert_int_eq(alive, 0);
	}
	egm_target_options wrong = EGM_TARGET_OPTIONS_INIT;
	wrong.beta = -1;
	thrown_by<egm::error>([&] { egm::target_callback<double>(context, 2, wrong, counted(&alive)); });
	ck_assert_int_eq(alive, 0);
}
END_TEST

START_TEST(test_energy__may_free_its_handles)
{
	egm::context context = egm::make(egm_context_create);
	egm::target target;
	egm::sampler sampler;
	std::string text = "still here, and too long for a string without an allocation";
	int calls = 0;
	target = plain_target(context, [&, text](numbers x, room energies, room gradients) {
		if (calls++ == 3) {
			target = egm::target();
			sampler = egm::sampler();
		}
		ck_assert_int_gt(static_cast<int>(text.size()), 20);
		normal(x, energies, gradients);
		if (calls == 6) throw surprise{6};
	});
	sampler = mala(target, 2);
	ck_assert_int_eq(thrown_by<surprise>([&] { sampler.run(10, 1); }).number, 6);
	ck_assert(!sampler && !target);
}
END_TEST

/* ---- rows */

START_TEST(test_rows__are_fitted)
{
	trained t;
	points x = circle(100);
	egm::data rows =
	    egm::data_callback<float>(t.context, 100, 2, [&](egm::span<const int64_t> indices, egm::span<float> out) {
		    for (std::size_t i = 0; i < out.size(); i++) out[i] = x[static_cast<std::size_t>(indices[i / 2])][i % 2];
	    });
	trained other;
	ck_assert(t.trainer.fit(rows, 5) && other.trainer.fit(other.data, 5));
	/* The same rows in the same order from both sources. */
	ck_assert(t.energy.energy(x) == other.energy.energy(x));
	ck_assert(rows.values<float>().empty());
	points two(2);
	rows.read(std::vector<int64_t>{99, 1}, two);
	ck_assert(two[0] == x[99] && two[1] == x[1]);
}
END_TEST

START_TEST(test_rows__what_they_throw_ends_the_call)
{
	trained t;
	int calls = 0;
	egm::data rows = egm::data_callback<float>(t.context, 100, 2, [&](egm::span<const int64_t>, egm::span<float> out) {
		if (++calls == 4) throw surprise{13};
		for (float &number : out) number = 0.5f;
	});
	ck_assert_int_eq(thrown_by<surprise>([&] { t.trainer.fit(rows, 50); }).number, 13);
	ck_assert(t.trainer.fit(rows, 2));
	calls = 3;
	points one(1);
	thrown_by<surprise>([&] { rows.read(std::vector<int64_t>{1}, one); });
}
END_TEST

TCase *callbacks_tests()
{
	TCase *tests = tcase_create("callbacks");
	tcase_add_test(tests, test_progress__reports_and_stops);
	tcase_add_test(tests, test_progress__what_it_throws_ends_the_call);
	tcase_add_test(tests, test_progress__throws_at_the_last_step);
	tcase_add_test(tests, test_progress__of_every_long_call);
	tcase_add_test(tests, test_progress__a_stopped_fit_is_a_mixture);
	tcase_add_test(tests, test_energy__draws);
	tcase_add_test(tests, test_energy__what_it_throws_ends_the_call);
	tcase_add_test(tests, test_energy__throws_on_another_thread);
	tcase_add_test(tests, test_energy__each_of_two_calls_at_once_throws);
	tcase_add_test(tests, test_energy__that_handles_an_exception_of_a_call_of_its_own);
	tcase_add_test(tests, test_energy__lives_as_long_as_a_sampler);
	tcase_add_test(tests, test_energy__may_free_its_handles);
	tcase_add_test(tests, test_rows__are_fitted);
	tcase_add_test(tests, test_rows__what_they_throw_ends_the_call);
	return tests;
}
