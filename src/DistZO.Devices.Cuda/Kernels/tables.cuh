// The small tables that kernels read. The host lays them out byte for byte as here.
#pragma once

// Number formats: the values of WeightType.
enum { FLOAT32 = 0, BFLOAT16 = 1, FLOAT16 = 2 };

// One evaluation's view of the weights: fma(scale, z(seed), f32(theta)), or f32(theta) if not perturbed.
struct alignas(16) Probe
{
    unsigned long long seed;
    float scale;
    int perturbed;
};

// A commit: directions [first, first + count), none for a skipped step.
struct alignas(16) Update
{
    float decay;
    int first;
    int count;
    int unused;
};

struct alignas(16) Direction
{
    unsigned long long seed;
    float coefficient;
    int unused;
};

// Consecutive tokens [start, start + length); their keys lie from keyStart on, those of the prompt that they share from prefixStart on.
struct Sequence
{
    int start;
    int length;
    int prefixStart;
    int prefixLength;
    int keyStart;
};

// Queries of a sequence from its token `first` on.
struct Tile
{
    int sequence;
    int first;
};
