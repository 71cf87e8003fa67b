// How the driver calls the kernels of a library.
#pragma once

#include <cstddef>
#include <utility>

#ifdef DISTZO_EMULATOR
#include "block.h"
#endif

namespace emulator
{
struct Kernel
{
    const char* name;
    int arguments;
    const std::size_t* sizes;
    void (*call)(void** arguments);
};

// Exported by each library.
using KernelsFunction = const Kernel* (*)(int* count);
using RunFunction = bool (*)(const Kernel* kernel, const unsigned* grid, const unsigned* block, void** arguments);

#ifdef DISTZO_EMULATOR

template <auto Function> struct Caller;

template <class... A, void (*Function)(A...)> struct Caller<Function>
{
    static constexpr std::size_t sizes[] = { sizeof(A)... };

    static void call(void** arguments) { call(arguments, std::index_sequence_for<A...>()); }

    template <std::size_t... I> static void call(void** arguments, std::index_sequence<I...>) { Function(*(A*)arguments[I]...); }

    static constexpr Kernel kernel(const char* name) { return { name, (int)sizeof...(A), sizes, call }; }
};

#define DISTZO_KERNEL(NAME) emulator::Caller<NAME>::kernel(#NAME),
#define DISTZO_KERNELS(LIST)                                                                                                   \
    static const emulator::Kernel kernels[] = { LIST };                                                                        \
    extern "C" const emulator::Kernel* distzo_kernels(int* count)                                                              \
    {                                                                                                                          \
        *count = (int)(sizeof(kernels) / sizeof(kernels[0]));                                                                  \
        return kernels;                                                                                                        \
    }                                                                                                                          \
    extern "C" bool distzo_run(const emulator::Kernel* kernel, const unsigned* grid, const unsigned* block, void** arguments)  \
    {                                                                                                                          \
        return emulator::runGrid(grid, block, kernel->call, arguments);                                                        \
    }

#endif
}
