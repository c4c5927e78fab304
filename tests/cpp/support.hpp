/* SPDX-License-Identifier: MIT */
/* What the tests of egm.hpp share: contexts that count their memory blocks, points on a circle, small networks. */
#ifndef EGM_TESTS_CPP_SUPPORT_HPP
#define EGM_TESTS_CPP_SUPPORT_HPP

#include <egm.hpp>

#include <check.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <thread>

namespace egm_test
{

typedef std::vector<std::array<float, 2>> points;

inline points circle(std::size_t n)
{
	points x(n);
	for (std::size_t i = 0; i < n; i++) {
		float angle = 0.1f * static_cast<float>(i);
		x[i] = {{std::cos(angle), std::sin(angle)}};
	}
	return x;
}

/* Allocator that counts the memory blocks of a context. */
struct heap {
	std::atomic<long> blocks{0};
	static void *alloc(std::size_t size, std::size_t alignment, void *user)
	{
		void *pointer = nullptr;
		if (posix_memalign(&pointer, alignment < sizeof(void *) ? sizeof(void *) : alignment, size ? size : 1))
			return nullptr;
		static_cast<heap *>(user)->blocks++;
		return pointer;
	}
	static void dealloc(void *pointer, std::size_t, void *user)
	{
		if (pointer) static_cast<heap *>(user)->blocks--;
		std::free(pointer);
	}
	egm::context context()
	{
		egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
		options.alloc = alloc;
		options.dealloc = dealloc;
		options.alloc_user = this;
		return egm::make(egm_context_create, options);
	}
};

inline egm::model energy_net(const egm::context &context, egm_dtype dtype = EGM_F32)
{
	return egm::make(egm_model_create, context, "energy", 2).dense(8).silu().dense(1).build(dtype, 1);
}

/* Runs each task on a thread of its own, so that a callback always runs on another thread than the caller's. */
inline void on_threads(int32_t count, void (*task)(int32_t, void *), void *argument, void *)
{
	std::vector<std::thread> threads;
	for (int32_t i = 0; i < count; i++) threads.emplace_back(task, i, argument);
	for (std::thread &t : threads) t.join();
}

inline egm::context threaded_context()
{
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	options.threads = 4;
	options.parallel = on_threads;
	return egm::make(egm_context_create, options);
}

/* Returns the exception of type E that the function throws; the test fails if it throws none. */
template <class E, class F> E thrown_by(F function)
{
	try {
		function();
	} catch (const E &e) {
		return e;
	}
	ck_abort_msg("no exception");
	throw 0; /* ck_abort_msg does not return, but compilers do not know it */
}

inline bool contains(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

} // namespace egm_test

TCase *handles_tests();
TCase *arguments_tests();
TCase *callbacks_tests();

#endif
