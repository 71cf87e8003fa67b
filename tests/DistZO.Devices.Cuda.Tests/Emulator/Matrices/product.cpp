#include "product.h"

#include "../Kernels/instructions.h"

#include <vector>

namespace
{
float read(const void* x, int type, long long index)
{
    if (type == Real32) return ((const float*)x)[index];
    unsigned short bits = ((const unsigned short*)x)[index];
    return type == Real16 ? ofFormat<false>(bits) : ofFormat<true>(bits);
}

void write(void* x, int type, long long index, float value)
{
    if (type == Real32) ((float*)x)[index] = value;
    else ((unsigned short*)x)[index] = type == Real16 ? toFormat<false>(value) : toFormat<true>(value);
}

// Ten bits of mantissa, to nearest.
float toTf32(float x)
{
    unsigned bits = __float_as_uint(x);
    return (bits & 0x7F800000u) == 0x7F800000u ? x : __uint_as_float((bits + 0x1000u) & ~0x1FFFu);
}

float operand(const Product& product, const void* x, const Matrix& matrix, long long index)
{
    float value = read(x, matrix.type, index);
    return product.isTf32 && matrix.type == Real32 ? toTf32(value) : value;
}

const void* batchOf(const void* x, const Matrix& matrix, int batch) { return (const char*)x + batch * matrix.stride * (long long)sizeOf(matrix.type); }
}

std::size_t sizeOf(int type) { return type == Real32 ? 4 : 2; }

void multiply(const Product& product, const void* a, const void* b, const void* c, void* d)
{
    long long m = (long long)product.d.rows, n = (long long)product.d.columns;
    long long depth = (long long)(product.transposeA ? product.a.rows : product.a.columns);
    std::vector<float> left((std::size_t)(m * depth)), sums((std::size_t)m);
    for (int batch = 0; batch < product.d.batches; batch++)
    {
        const void *from = batchOf(a, product.a, batch), *by = batchOf(b, product.b, batch), *old = batchOf(c, product.c, batch);
        void* to = (void*)batchOf(d, product.d, batch);
        for (long long l = 0; l < depth; l++)
            for (long long i = 0; i < m; i++)
                left[(std::size_t)(l * m + i)] = operand(product, from, product.a, product.transposeA ? l + i * product.a.leading : i + l * product.a.leading);
        for (long long j = 0; j < n; j++)
        {
            std::fill(sums.begin(), sums.end(), 0.0f);
            for (long long l = 0; l < depth; l++)
            {
                float x = operand(product, by, product.b, product.transposeB ? j + l * product.b.leading : l + j * product.b.leading);
                const float* row = left.data() + l * m;
                for (long long i = 0; i < m; i++) sums[(std::size_t)i] += row[i] * x;
            }

            for (long long i = 0; i < m; i++)
            {
                float value = product.alpha * sums[(std::size_t)i];
                if (product.beta != 0) value += product.beta * read(old, product.c.type, i + j * product.c.leading);
                if (product.hasBias) value += read((const void*)product.bias, product.biasType, batch * product.biasStride + i);
                if (product.isRelu && value < 0) value = 0;
                write(to, product.d.type, i + j * product.d.leading, value);
            }
        }
    }
}
