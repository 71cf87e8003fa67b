// cuBLASLt's entry points. Attributes, their sizes and their numbers are those of cublasLt.h.
#include "product.h"

#include "../Driver/handles.h"

#include <cstring>
#include <functional>

#define EXPORT extern "C" __attribute__((visibility("default")))

// Of the emulated driver, which this library is linked with.
extern "C" int distzo_emulator_enqueue(Handle stream, std::function<void()>* operation);

namespace
{
enum
{
    Success = 0,
    NotInitialized = 1,
    InvalidValue = 7,
    ExecutionFailed = 13,
    NotSupported = 15,
};

struct Description
{
    int computeType;
    int transposeA = 0, transposeB = 0;
    unsigned epilogue = 1;
    unsigned long long bias = 0;
    long long biasStride = 0;
    int biasType = -1;
};

struct Preference
{
    unsigned long long workspaceBytes = 0;
};

struct Library
{
};

Handles<Library>& libraries = *new Handles<Library>;
Handles<Description>& descriptions = *new Handles<Description>;
Handles<Matrix>& layouts = *new Handles<Matrix>;
Handles<Preference>& preferences = *new Handles<Preference>;

template <class T> int set(T& field, const void* value, std::size_t bytes)
{
    if (!value || bytes != sizeof(T)) return InvalidValue;
    std::memcpy(&field, value, bytes);
    return Success;
}

// The product of a description and its matrices; false if they don't fit.
bool combine(Product& product, Handle description, Handle a, Handle b, Handle c, Handle d)
{
    std::shared_ptr<Description> of = descriptions.find(description);
    std::shared_ptr<Matrix> layout[4] = { layouts.find(a), layouts.find(b), layouts.find(c), layouts.find(d) };
    if (!of || !layout[0] || !layout[1] || !layout[2] || !layout[3]) return false;
    product.a = *layout[0], product.b = *layout[1], product.c = *layout[2], product.d = *layout[3];
    product.transposeA = of->transposeA != 0;
    product.transposeB = of->transposeB != 0;
    product.isTf32 = of->computeType == 77;
    product.isRelu = (of->epilogue & 2) != 0;
    product.hasBias = (of->epilogue & 4) != 0;
    product.bias = of->bias;
    product.biasStride = of->biasStride;
    product.biasType = of->biasType < 0 ? product.d.type : of->biasType;
    unsigned long long rows = product.transposeA ? product.a.columns : product.a.rows, depth = product.transposeA ? product.a.rows : product.a.columns;
    unsigned long long depthB = product.transposeB ? product.b.columns : product.b.rows, columns = product.transposeB ? product.b.rows : product.b.columns;
    for (const Matrix* matrix : { &product.a, &product.b, &product.c, &product.d })
        if (matrix->batches != product.d.batches || matrix->leading < (long long)matrix->rows) return false;
    return rows == product.d.rows && columns == product.d.columns && depth == depthB && product.c.rows == rows && product.c.columns == columns;
}

bool isSupported(const Product& product, int computeType, unsigned epilogue)
{
    if ((computeType != 68 && computeType != 77) || epilogue < 1 || epilogue > 6 || epilogue == 3 || epilogue == 5) return false;
    if (product.a.type != product.b.type || product.c.type != product.d.type) return false;
    if (product.d.type != Real32 && product.d.type != product.a.type) return false;
    return !product.hasBias || product.biasType == product.d.type;
}
}

EXPORT int cublasLtCreate(Handle* handle)
{
    *handle = libraries.add(std::make_shared<Library>());
    return Success;
}

EXPORT int cublasLtDestroy(Handle handle) { return libraries.remove(handle) ? Success : NotInitialized; }
EXPORT std::size_t cublasLtGetVersion() { return 120400; }

EXPORT int cublasLtMatmulDescCreate(Handle* description, int computeType, int scaleType)
{
    if (scaleType != Real32) return NotSupported;
    auto made = std::make_shared<Description>();
    made->computeType = computeType;
    *description = descriptions.add(made);
    return Success;
}

EXPORT int cublasLtMatmulDescDestroy(Handle description) { return descriptions.remove(description) ? Success : InvalidValue; }

EXPORT int cublasLtMatmulDescSetAttribute(Handle handle, int attribute, const void* value, std::size_t bytes)
{
    std::shared_ptr<Description> description = descriptions.find(handle);
    if (!description) return InvalidValue;
    switch (attribute)
    {
    case 3: return set(description->transposeA, value, bytes);
    case 4: return set(description->transposeB, value, bytes);
    case 7: return set(description->epilogue, value, bytes);
    case 8: return set(description->bias, value, bytes);
    case 10: return set(description->biasStride, value, bytes);
    case 26: return set(description->biasType, value, bytes);
    default: return InvalidValue;
    }
}

EXPORT int cublasLtMatrixLayoutCreate(Handle* layout, int type, unsigned long long rows, unsigned long long columns, long long leading)
{
    if (type != Real32 && type != Real16 && type != RealBrain16) return NotSupported;
    auto made = std::make_shared<Matrix>();
    made->type = type;
    made->rows = rows;
    made->columns = columns;
    made->leading = leading;
    *layout = layouts.add(made);
    return Success;
}

EXPORT int cublasLtMatrixLayoutDestroy(Handle layout) { return layouts.remove(layout) ? Success : InvalidValue; }

EXPORT int cublasLtMatrixLayoutSetAttribute(Handle handle, int attribute, const void* value, std::size_t bytes)
{
    std::shared_ptr<Matrix> layout = layouts.find(handle);
    if (!layout) return InvalidValue;
    if (attribute == 5) return set(layout->batches, value, bytes);
    return attribute == 6 ? set(layout->stride, value, bytes) : (int)InvalidValue;
}

EXPORT int cublasLtMatmulPreferenceCreate(Handle* preference)
{
    *preference = preferences.add(std::make_shared<Preference>());
    return Success;
}

EXPORT int cublasLtMatmulPreferenceDestroy(Handle preference) { return preferences.remove(preference) ? Success : InvalidValue; }

EXPORT int cublasLtMatmulPreferenceSetAttribute(Handle handle, int attribute, const void* value, std::size_t bytes)
{
    std::shared_ptr<Preference> preference = preferences.find(handle);
    unsigned alignment;
    if (!preference) return InvalidValue;
    if (attribute == 1) return set(preference->workspaceBytes, value, bytes);
    return attribute >= 5 && attribute <= 8 ? set(alignment, value, bytes) : (int)InvalidValue;
}

// results: cublasLtMatmulHeuristicResult_t, 96 bytes: the algorithm, workspace bytes, status, waves, 16 bytes reserved.
EXPORT int cublasLtMatmulAlgoGetHeuristic(
    Handle library, Handle description, Handle a, Handle b, Handle c, Handle d, Handle preference, int wanted, unsigned char* results, int* found)
{
    *found = 0;
    Product product;
    if (!libraries.find(library) || !preferences.find(preference) || wanted < 1 || !combine(product, description, a, b, c, d)) return InvalidValue;
    std::shared_ptr<Description> of = descriptions.find(description);
    if (!isSupported(product, of->computeType, of->epilogue)) return NotSupported;
    std::memset(results, 0, 96);
    results[0] = 0xA1;
    *found = 1;
    return Success;
}

EXPORT int cublasLtMatmul(
    Handle library, Handle description, const float* alpha, const void* a, Handle layoutA, const void* b, Handle layoutB, const float* beta, const void* c,
    Handle layoutC, void* d, Handle layoutD, const unsigned char* algorithm, void*, std::size_t, Handle stream)
{
    Product product;
    if (!libraries.find(library) || !combine(product, description, layoutA, layoutB, layoutC, layoutD)) return InvalidValue;
    std::shared_ptr<Description> of = descriptions.find(description);
    if (!isSupported(product, of->computeType, of->epilogue) || (algorithm && algorithm[0] != 0xA1)) return NotSupported;
    if (product.hasBias && !product.bias) return InvalidValue;
    product.alpha = *alpha;
    product.beta = *beta;
    std::function<void()> operation = [=] { multiply(product, a, b, c, d); };
    return distzo_emulator_enqueue(stream, &operation) == 0 ? Success : ExecutionFailed;
}
