// A product of matrices as cuBLASLt describes it: column-major, D = f(alpha·op(A)·op(B) + beta·C + bias).
#pragma once

#include <cstddef>

// cudaDataType
enum Type
{
    Real32 = 0,
    Real16 = 2,
    RealBrain16 = 14,
};

struct Matrix
{
    int type = Real32;
    unsigned long long rows = 0;
    unsigned long long columns = 0;
    long long leading = 0;
    int batches = 1;
    long long stride = 0;
};

struct Product
{
    bool transposeA = false;
    bool transposeB = false;
    // Operands of float32 are rounded to TF32.
    bool isTf32 = false;
    bool isRelu = false;
    bool hasBias = false;
    int biasType = Real32;
    unsigned long long bias = 0;
    long long biasStride = 0;
    float alpha = 1;
    float beta = 0;
    Matrix a, b, c, d;
};

std::size_t sizeOf(int type);

// Sums in float32, in the order of the inner dimension.
void multiply(const Product& product, const void* a, const void* b, const void* c, void* d);
