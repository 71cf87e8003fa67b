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
