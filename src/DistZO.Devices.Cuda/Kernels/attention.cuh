// What both forms of attention share: which keys a query sees, and where they lie.
#pragma once

#include "tables.cuh"

// A query's keys are numbered from the first token of the sample: those of the prefix, then the sequence's own.
struct KeyRange
{
    int prefixStart;
    int prefixLength;
    int keyStart;
    int total;
    int window;
    int causal;

    __device__ __forceinline__ KeyRange(const Sequence& sequence, int windowOf, int causalOf)
    {
        prefixStart = sequence.prefixStart;
        prefixLength = sequence.prefixLength;
        keyStart = sequence.keyStart;
        total = sequence.prefixLength + sequence.length;
        window = windowOf;
        causal = causalOf;
    }

    // The first key that query i of the sequence sees. A window may be as large as an int.
    __device__ __forceinline__ int first(int i) const
    {
        return causal ? max(0, prefixLength + i - window + 1) : 0;
    }

    // The one after the last.
    __device__ __forceinline__ int end(int i) const
    {
        return causal ? min(total, prefixLength + i + 1) : total;
    }

    __device__ __forceinline__ bool sees(int i, int key) const
    {
        return key >= first(i) && key < end(i);
    }

    // The row of a key in the buffers of keys and values.
    __device__ __forceinline__ int row(int key) const
    {
        return key < prefixLength ? prefixStart + key : keyStart + (key - prefixLength);
    }
};
