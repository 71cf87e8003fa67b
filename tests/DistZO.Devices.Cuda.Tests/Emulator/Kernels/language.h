// What CUDA C++ adds to C++, as far as the kernels use it. Included before a kernel's source.
#pragma once

#include "block.h"

#include <cmath>
#include <cstring>

#define DISTZO_EMULATOR 1
// The compiler's scan for kernels keeps this word.
#ifndef DISTZO_SCAN
#define __global__
#endif
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
#define __shared__ static __attribute__((section("distzo_shared")))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)

struct alignas(8) uint2
{
    unsigned x, y;
};

struct alignas(16) uint4
{
    unsigned x, y, z, w;
};

struct alignas(8) float2
{
    float x, y;
};

struct alignas(16) float4
{
    float x, y, z, w;
};

inline uint2 make_uint2(unsigned x, unsigned y) { return { x, y }; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return { x, y, z, w }; }
inline float2 make_float2(float x, float y) { return { x, y }; }
inline float4 make_float4(float x, float y, float z, float w) { return { x, y, z, w }; }

inline int min(int a, int b) { return b < a ? b : a; }
inline int max(int a, int b) { return a < b ? b : a; }
inline unsigned min(unsigned a, unsigned b) { return b < a ? b : a; }
inline unsigned max(unsigned a, unsigned b) { return a < b ? b : a; }
inline long long min(long long a, long long b) { return b < a ? b : a; }
inline long long max(long long a, long long b) { return a < b ? b : a; }

template <class To, class From> inline To bitCast(From from)
{
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof(To));
    return to;
}

inline float __int_as_float(int bits) { return bitCast<float>(bits); }
inline float __uint_as_float(unsigned bits) { return bitCast<float>(bits); }
inline int __float_as_int(float x) { return bitCast<int>(x); }
inline unsigned __float_as_uint(float x) { return bitCast<unsigned>(x); }

// Rounded to nearest even: compiled without contraction.
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
inline float __int2float_rn(int x) { return (float)x; }
inline unsigned __float2uint_rz(float x) { return !(x > 0.0f) ? 0u : x >= 4294967296.0f ? 0xFFFFFFFFu : (unsigned)x; }

inline void __syncthreads() { emulator::blockBarrier(); }
inline void __syncwarp() { emulator::exchange(nullptr, 0); }

template <class T> inline T shuffle(T x, int from)
{
    std::uint32_t words[2] = {};
    std::memcpy(words, &x, sizeof(T));
    const emulator::Exchange& all = emulator::exchange(words, 2);
    T y;
    std::memcpy(&y, all.words[from < 32 ? from : emulator::lane()], sizeof(T));
    return y;
}

// Only whole warps.
template <class T> inline T __shfl_xor_sync(unsigned, T x, int mask) { return shuffle(x, emulator::lane() ^ mask); }
template <class T> inline T __shfl_down_sync(unsigned, T x, int distance) { return shuffle(x, emulator::lane() + distance); }
