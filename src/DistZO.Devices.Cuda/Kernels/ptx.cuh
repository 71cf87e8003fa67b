// Instructions that C++ has no word for.
#pragma once

#ifndef DISTZO_EMULATOR

__device__ __forceinline__ float halfToFloat(unsigned short bits)
{
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}

// To nearest even; NaN stays NaN, and what is too large becomes infinity.
__device__ __forceinline__ unsigned short floatToHalf(float x)
{
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}

// The 64 bits of a product. C++ says it as a product of 64-bit numbers, and the compiler then adds what its upper halves do not have.
__device__ __forceinline__ unsigned long long wideProduct(unsigned a, unsigned b)
{
    unsigned long long product;
    asm("mul.wide.u32 %0, %1, %2;" : "=l"(product) : "r"(a), "r"(b));
    return product;
}

// The square root, rounded to nearest, of 0 or of a number from 2⁻¹⁰⁰ to 2¹⁰⁰: what the compiler makes of __fsqrt_rn for these, without its branch
// for all others.
__device__ __forceinline__ float squareRoot(float x)
{
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    if (x == 0.0f) y = 0.0f;
    float root = __fmul_rn(x, y);
    return __fmaf_rn(__fmaf_rn(-root, root, x), __fmul_rn(y, 0.5f), root);
}

// 16 bytes at an aligned address, at once: a store through a pointer may be taken apart.
__device__ __forceinline__ void store16(void* p, unsigned a, unsigned b, unsigned c, unsigned d)
{
    asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(p), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

// 2^x within two units in the last place; 0 for −∞.
__device__ __forceinline__ float exponential2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

#if __CUDA_ARCH__ >= 800

// Two numbers to the 16-bit format of a matrix unit; the first stands in the lower half.
template <bool BRAIN>
__device__ __forceinline__ unsigned packPair(float low, float high)
{
    unsigned bits;
    if (BRAIN) asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    else asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

// The same for weights: what is too large becomes the largest finite number.
template <bool BRAIN>
__device__ __forceinline__ unsigned packCappedPair(float low, float high)
{
    unsigned magnitudes = packPair<BRAIN>(low, high) & 0x7FFF7FFFu, least;
    if (BRAIN) asm("min.bf16x2 %0, %1, %2;" : "=r"(least) : "r"(magnitudes), "r"(0x7F7F7F7Fu));
    else asm("min.f16x2 %0, %1, %2;" : "=r"(least) : "r"(magnitudes), "r"(0x7BFF7BFFu));
    return (__byte_perm(__float_as_uint(low), __float_as_uint(high), 0x7632) & 0x80008000u) | least;
}

// D += A·B for a warp: A of 16 × 16 by rows, B of 16 × 8 by columns, D of 16 × 8 in float32 (PTX manual, "Matrix fragments for mma.m16n8k16").
template <bool BRAIN>
__device__ __forceinline__ void multiplyTiles(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1)
{
    if (BRAIN)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
    else
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

__device__ __forceinline__ unsigned sharedAddress(const void* p)
{
    unsigned long long address;
    asm("cvta.to.shared.u64 %0, %1;" : "=l"(address) : "l"(p));
    return (unsigned)address;
}

// Four 8 × 8 tiles of 16-bit numbers; lane l names row l mod 8 of tile l div 8, and gets of each tile the numbers 2(l mod 4), + 1 of row l div 4.
__device__ __forceinline__ void loadTiles(unsigned (&r)[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(sharedAddress(row)) : "memory");
}

// The same with each tile transposed.
__device__ __forceinline__ void loadTransposedTiles(unsigned (&r)[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(sharedAddress(row)) : "memory");
}

// Copies 16 bytes to shared memory behind the thread's back, or zeros if there is nothing to copy. Both addresses are multiples of 16.
__device__ __forceinline__ void copyLater(void* shared, const void* global, bool exists)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global), "r"(exists ? 16 : 0) : "memory");
}

// Until then.
__device__ __forceinline__ void waitForCopies()
{
    asm volatile("cp.async.wait_all;" ::: "memory");
}

#endif

#endif
