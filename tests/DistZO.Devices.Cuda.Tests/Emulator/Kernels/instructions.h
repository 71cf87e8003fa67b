// The instructions of ptx.cuh. Fragments lie as in the PTX manual, "Matrix fragments for mma.m16n8k16" and "ldmatrix".
#pragma once

#include "language.h"

#include <cstdlib>

inline float halfToFloat(unsigned short bits)
{
    unsigned sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31u, fraction = bits & 0x3FFu;
    if (exponent == 31) return __uint_as_float(sign | 0x7F800000u | fraction << 13);
    if (exponent == 0) return (sign ? -1.0f : 1.0f) * std::ldexp((float)fraction, -24);
    return __uint_as_float(sign | (exponent + 112) << 23 | fraction << 13);
}

inline unsigned short floatToHalf(float x)
{
    unsigned bits = __float_as_uint(x), magnitude = bits & 0x7FFFFFFFu;
    unsigned short sign = (unsigned short)(bits >> 16 & 0x8000u);
    if (magnitude > 0x7F800000u) return 0x7FFF;
    // A multiple of the unit of its binade, at least that of subnormals.
    int exponent = max((int)(magnitude >> 23) - 127, -14);
    double rounded = std::nearbyint(std::ldexp((double)__uint_as_float(magnitude), 10 - exponent));
    if (magnitude == 0x7F800000u || std::ldexp(rounded, exponent - 10) >= 65520.0) return (unsigned short)(sign | 0x7C00);
    // Its integer is 1024 or more but for subnormals, and 2048 is the next binade's first.
    return (unsigned short)(sign | (((unsigned)(exponent + 14) << 10) + (unsigned)rounded));
}

inline unsigned long long wideProduct(unsigned a, unsigned b) { return (unsigned long long)a * b; }

inline float squareRoot(float x) { return std::sqrt(x); }

inline void store16(void* p, unsigned a, unsigned b, unsigned c, unsigned d)
{
    unsigned words[4] = { a, b, c, d };
    if ((std::uintptr_t)p % 16) std::abort();
    std::memcpy(p, words, 16);
}

inline float exponential2(float x)
{
    float y = std::exp2(std::fabs(x) < 1.17549435e-38f ? 0.0f : x);
    return y < 1.17549435e-38f ? 0.0f : y;
}

template <bool BRAIN> inline unsigned short toFormat(float x)
{
    if (!BRAIN) return floatToHalf(x);
    unsigned bits = __float_as_uint(x);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return 0x7FFF;
    return (unsigned short)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

template <bool BRAIN> inline float ofFormat(unsigned bits)
{
    return BRAIN ? __uint_as_float(bits << 16) : halfToFloat((unsigned short)bits);
}

template <bool BRAIN> inline unsigned packPair(float low, float high)
{
    return toFormat<BRAIN>(low) | (unsigned)toFormat<BRAIN>(high) << 16;
}

// The least of positive numbers is the least of their bits, NaN the largest.
template <bool BRAIN> inline unsigned packCappedPair(float low, float high)
{
    unsigned pair = packPair<BRAIN>(low, high), largest = BRAIN ? 0x7F7F : 0x7BFF;
    unsigned signs = (__float_as_uint(low) >> 16 & 0x8000u) | (__float_as_uint(high) & 0x80000000u);
    return signs | min(pair & 0x7FFFu, largest) | min(pair >> 16 & 0x7FFFu, largest) << 16;
}

template <bool BRAIN> void combineTiles(emulator::Exchange& all)
{
    float a[16][16], b[16][8];
    for (int lane = 0; lane < 32; lane++)
    {
        const std::uint32_t* words = all.words[lane];
        int quad = lane / 4, pair = lane % 4 * 2;
        for (int part = 0; part < 4; part++)
        {
            int row = quad + (part & 1) * 8, column = pair + (part >> 1) * 8;
            a[row][column] = ofFormat<BRAIN>(words[4 + part] & 0xFFFF);
            a[row][column + 1] = ofFormat<BRAIN>(words[4 + part] >> 16);
        }

        for (int part = 0; part < 2; part++)
        {
            b[pair + part * 8][quad] = ofFormat<BRAIN>(words[8 + part] & 0xFFFF);
            b[pair + part * 8 + 1][quad] = ofFormat<BRAIN>(words[8 + part] >> 16);
        }
    }

    for (int lane = 0; lane < 32; lane++)
    {
        for (int i = 0; i < 4; i++)
        {
            int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
            float sum = __uint_as_float(all.words[lane][i]);
            for (int k = 0; k < 16; k++) sum = __builtin_fmaf(a[row][k], b[k][column], sum);
            all.results[lane][i] = __float_as_uint(sum);
        }
    }
}

template <bool BRAIN>
inline void multiplyTiles(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1)
{
    std::uint32_t words[10] = { 0, 0, 0, 0, a0, a1, a2, a3, b0, b1 };
    std::memcpy(words, d, 16);
    std::memcpy(d, emulator::exchange(words, 10, combineTiles<BRAIN>).results[emulator::lane()], 16);
}

// The row that each lane names, as an address.
inline void loadRows(unsigned (&r)[4], const void* row, bool transposed)
{
    std::uint32_t words[2];
    std::memcpy(words, &row, 8);
    const emulator::Exchange& all = emulator::exchange(words, 2);
    int lane = emulator::lane();
    for (int tile = 0; tile < 4; tile++)
    {
        unsigned pair[2];
        for (int i = 0; i < 2; i++)
        {
            int line = transposed ? lane % 4 * 2 + i : lane / 4;
            int column = transposed ? lane / 4 : lane % 4 * 2 + i;
            const unsigned short* from;
            std::memcpy(&from, all.words[tile * 8 + line], 8);
            pair[i] = from[column];
        }

        r[tile] = pair[0] | pair[1] << 16;
    }
}

inline void loadTiles(unsigned (&r)[4], const void* row) { loadRows(r, row, false); }
inline void loadTransposedTiles(unsigned (&r)[4], const void* row) { loadRows(r, row, true); }

inline void copyLater(void* shared, const void* global, bool exists) { emulator::copyLater(shared, exists ? global : nullptr, 16); }
inline void waitForCopies() { emulator::finishCopies(); }
