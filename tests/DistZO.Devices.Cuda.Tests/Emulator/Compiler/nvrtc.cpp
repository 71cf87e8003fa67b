// NVRTC's entry points over g++: a program becomes a shared library, kept by the digest of all that it is made of.
#include "build.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace
{
enum
{
    Success = 0,
    InvalidInput = 3,
    InvalidProgram = 4,
    InvalidOption = 5,
    Compilation = 6,
};

// Options that NVRTC 11.8 knows, up to their values; it takes no others.
constexpr const char* Known[] = {
    "--gpu-architecture=", "-arch=", "--std=", "-std=", "--fmad=", "-fmad=", "--ftz=", "-ftz=", "--prec-div=", "-prec-div=", "--prec-sqrt=", "-prec-sqrt=",
    "--device-as-default-execution-space", "-default-device", "--generate-line-info", "-lineinfo", "--ptxas-options=", "--maxrregcount=", "--extra-device-vectorization",
    "--define-macro=", "-D", "--restrict", "--device-int128", "--diag-suppress=",
};

bool isKnown(const std::string& option)
{
    return std::any_of(std::begin(Known), std::end(Known), [&](const char* known) { return option.compare(0, std::strlen(known), known) == 0; });
}

void copyText(const std::string& text, char* to) { std::memcpy(to, text.c_str(), text.size() + 1); }
}

EXPORT int nvrtcVersion(int* major, int* minor)
{
    *major = 11;
    *minor = 8;
    return Success;
}

EXPORT const char* nvrtcGetErrorString(int code)
{
    switch (code)
    {
    case Success: return "NVRTC_SUCCESS";
    case InvalidInput: return "NVRTC_ERROR_INVALID_INPUT";
    case InvalidProgram: return "NVRTC_ERROR_INVALID_PROGRAM";
    case InvalidOption: return "NVRTC_ERROR_INVALID_OPTION";
    case Compilation: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR unknown";
    }
}

EXPORT int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const* headerSources, const char* const* headerNames)
{
    if (!source || headers < 0) return InvalidInput;
    *program = new Program;
    (*program)->name = name ? name : "default_program";
    (*program)->source = source;
    for (int i = 0; i < headers; i++) (*program)->headers.emplace_back(headerNames[i], headerSources[i]);
    return Success;
}

EXPORT int nvrtcDestroyProgram(Program** program)
{
    if (!program || !*program) return InvalidProgram;
    delete *program;
    *program = nullptr;
    return Success;
}

EXPORT int nvrtcCompileProgram(Program* program, int count, const char* const* options)
{
    if (!program) return InvalidProgram;
    int capability = 52;
    for (int i = 0; i < count; i++)
    {
        std::string option = options[i];
        if (!isKnown(option))
        {
            program->log = "nvrtc: error: unrecognized option " + option + " found\n";
            return InvalidOption;
        }

        std::size_t at = option.find("=sm_");
        if (at != std::string::npos) capability = std::atoi(option.c_str() + at + 4);
    }

    return build(*program, capability) ? Success : Compilation;
}

EXPORT int nvrtcGetProgramLogSize(Program* program, std::size_t* bytes)
{
    if (!program) return InvalidProgram;
    *bytes = program->log.size() + 1;
    return Success;
}

EXPORT int nvrtcGetProgramLog(Program* program, char* log)
{
    if (!program) return InvalidProgram;
    copyText(program->log, log);
    return Success;
}

EXPORT int nvrtcGetCUBINSize(Program* program, std::size_t* bytes)
{
    if (!program || program->image.empty()) return InvalidProgram;
    *bytes = program->image.size();
    return Success;
}

EXPORT int nvrtcGetCUBIN(Program* program, char* image)
{
    if (!program || program->image.empty()) return InvalidProgram;
    std::memcpy(image, program->image.data(), program->image.size());
    return Success;
}

// There is no text form: the image serves.
EXPORT int nvrtcGetPTXSize(Program* program, std::size_t* bytes) { return nvrtcGetCUBINSize(program, bytes); }
EXPORT int nvrtcGetPTX(Program* program, char* image) { return nvrtcGetCUBIN(program, image); }
