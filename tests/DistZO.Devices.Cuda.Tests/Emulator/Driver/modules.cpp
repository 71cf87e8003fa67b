// Kernels: shared libraries that the emulated compiler made.
#include "../Kernels/launch.h"
#include "image.h"
#include "options.h"
#include "streams.h"

#include <cstring>
#include <dlfcn.h>
#include <vector>

namespace
{
struct Module
{
    std::shared_ptr<Context> context;
    void* library;
    const emulator::Kernel* kernels;
    int count;
    emulator::RunFunction run;
    std::vector<Handle> functions;

    ~Module() { dlclose(library); }
};

struct Function
{
    std::shared_ptr<Module> module;
    const emulator::Kernel* kernel;
    unsigned sharedBytes = 48 << 10;
};

Handles<Module>& modules = *new Handles<Module>;
Handles<Function>& functions = *new Handles<Function>;
// Kernels use variables for threadIdx and shared memory, so one runs at a time.
std::mutex& running = *new std::mutex;
}

int liveModules() { return modules.count(); }

EXPORT int cuModuleLoadData(Handle* handle, const void* data)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    std::string path = libraryOf(data);
    if (path.empty()) return InvalidImage;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return InvalidImage;
    std::shared_ptr<Module> module = std::make_shared<Module>();
    module->context = context;
    module->library = library;
    auto kernels = (emulator::KernelsFunction)dlsym(library, "distzo_kernels");
    module->run = (emulator::RunFunction)dlsym(library, "distzo_run");
    if (!kernels || !module->run) return InvalidImage;
    module->kernels = kernels(&module->count);
    *handle = modules.add(module);
    return Success;
}

EXPORT int cuModuleLoadDataEx(Handle* module, const void* data, unsigned, const int*, void**) { return cuModuleLoadData(module, data); }

EXPORT int cuModuleUnload(Handle handle)
{
    std::shared_ptr<Module> module = modules.remove(handle);
    if (!module) return InvalidHandle;
    for (Handle function : module->functions) functions.remove(function);
    return Success;
}

EXPORT int cuModuleGetFunction(Handle* handle, Handle moduleHandle, const char* name)
{
    std::shared_ptr<Module> module = modules.find(moduleHandle);
    if (!module) return InvalidHandle;
    for (int i = 0; i < module->count; i++)
    {
        if (std::strcmp(module->kernels[i].name, name) != 0) continue;
        std::shared_ptr<Function> function = std::make_shared<Function>();
        function->module = module;
        function->kernel = &module->kernels[i];
        *handle = functions.add(function);
        module->functions.push_back(*handle);
        return Success;
    }

    return NotFound;
}

EXPORT int cuFuncSetAttribute(Handle handle, int attribute, int value)
{
    std::shared_ptr<Function> function = functions.find(handle);
    if (!function) return InvalidHandle;
    if (attribute != 8) return Success;
    if (value < 0 || value > 227 << 10) return InvalidValue;
    function->sharedBytes = (unsigned)value;
    return Success;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Handle handle, int threads, std::size_t)
{
    if (!functions.find(handle)) return InvalidHandle;
    if (threads <= 0 || threads > 1024) return InvalidValue;
    *blocks = 2048 / threads;
    return Success;
}

EXPORT int cuLaunchKernel(
    Handle handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes, Handle streamHandle,
    void** arguments, void** extra)
{
    std::shared_ptr<Function> function = functions.find(handle);
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!function || !stream || function->module->context != stream->context || currentContext() != stream->context) return InvalidHandle;
    unsigned long long threads = (unsigned long long)blockX * blockY * blockZ;
    if (gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 0x7FFFFFFFu || gridY > 65535 || gridZ > 65535) return InvalidValue;
    if (threads == 0 || threads > 1024 || blockZ > 64 || sharedBytes > function->sharedBytes || extra) return InvalidValue;

    // The driver takes the arguments' values when it is called.
    struct Launch
    {
        unsigned grid[3], block[3];
        std::vector<std::vector<unsigned char>> values;
        std::vector<void*> pointers;
    };
    auto launch = std::make_shared<Launch>(Launch{ { gridX, gridY, gridZ }, { blockX, blockY, blockZ }, {}, {} });
    const emulator::Kernel* kernel = function->kernel;
    for (int i = 0; i < kernel->arguments; i++)
    {
        const unsigned char* value = (const unsigned char*)arguments[i];
        launch->values.emplace_back(value, value + kernel->sizes[i]);
    }

    for (auto& value : launch->values) launch->pointers.push_back(value.data());
    stream->enqueue([function, kernel, launch] {
        if (stickyError()) return;
        std::lock_guard<std::mutex> lock(running);
        if (!function->module->run(kernel, launch->grid, launch->block, launch->pointers.data())) setStickyError(LaunchFailed);
    });
    return stickyError();
}
