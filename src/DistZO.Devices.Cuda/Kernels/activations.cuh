// e^x and what linear layers do to their results, operation by operation as cpu-v1 has them (docs/formats/cpu-v1.md).
#pragma once

// e^x for x <= 88; 0 below −87; NaN stays NaN.
__device__ __forceinline__ float exponential(float x)
{
    if (x < -87.0f) return 0.0f;
    float safe = x > -87.0f ? x : -87.0f;
    float shifted = __fmaf_rn(safe, __int_as_float(0x3FB8AA3B), 12582912.0f);
    float n = __fsub_rn(shifted, 12582912.0f);
    float r = __fmaf_rn(n, -__int_as_float(0x3F317200), x);
    r = __fmaf_rn(n, -__int_as_float(0x35BFBE8E), r);
    float p = __fmaf_rn(__int_as_float(0x3AB5B70A), r, __int_as_float(0x3C0917E1));
    p = __fmaf_rn(p, r, __int_as_float(0x3D2AAB44));
    p = __fmaf_rn(p, r, __int_as_float(0x3E2AAA52));
    p = __fmaf_rn(p, r, 0.5f);
    p = __fmaf_rn(p, r, 1.0f);
    p = __fmaf_rn(p, r, 1.0f);
    return __fmul_rn(p, __int_as_float((__float_as_int(shifted) << 23) + 0x3F800000));
}

// x·sigmoid(u), from e^−|u|, which cannot overflow.
__device__ __forceinline__ float timesSigmoid(float x, float u)
{
    float t = exponential(-fabsf(u));
    return __fdiv_rn(__fmul_rn(x, u < 0.0f ? t : 1.0f), __fadd_rn(1.0f, t));
}

// x·Φ(x).
__device__ __forceinline__ float gelu(float x)
{
    float a = fabsf(x);
    float t = __fdiv_rn(1.0f, __fmaf_rn(a, __int_as_float(0x3EB33333), 1.0f));
    float p = __fmaf_rn(__int_as_float(0xBCEE75BB), t, __int_as_float(0x3E133D27));
    p = __fmaf_rn(p, t, __int_as_float(0xBE82BA32));
    p = __fmaf_rn(p, t, __int_as_float(0x3E2287E5));
    p = __fmaf_rn(p, t, __int_as_float(0xBCBAB302));
    p = __fmaf_rn(p, t, __int_as_float(0x3DD7CBBE));
    p = __fmaf_rn(p, t, __int_as_float(0x3DF57DF0));
    p = __fmaf_rn(p, t, __int_as_float(0x3E0F3698));
    p = __fmaf_rn(p, t, __int_as_float(0x3E0EF8FE));
    float tail = __fmul_rn(exponential(__fmul_rn(__fmul_rn(a, a), -0.5f)), __fmul_rn(p, t));
    return __fmul_rn(x, x < 0.0f ? tail : __fsub_rn(1.0f, tail));
}

// The values of Activation.
__device__ __forceinline__ float activate(int activation, float v)
{
    switch (activation)
    {
    case 1:
        return v < 0.0f ? 0.0f : v;
    case 2:
        return timesSigmoid(v, v);
    case 3:
        return timesSigmoid(v, __fmul_rn(v, __fmaf_rn(__fmul_rn(v, v), __int_as_float(0x3D922279), __int_as_float(0x3FCC422A))));
    case 4:
        return gelu(v);
    default:
        return v;
    }
}
