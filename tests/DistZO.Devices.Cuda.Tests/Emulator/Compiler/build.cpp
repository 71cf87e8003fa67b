#include "build.h"

#include "../Driver/image.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace
{
// The meaning of every operation as IEEE has it, and none joined with another.
constexpr const char* Flags = "-std=c++17 -O2 -march=native -fPIC -ffp-contract=off -fno-math-errno -fvisibility=default -Wno-unknown-pragmas -U_FORTIFY_SOURCE";

std::string readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Where this library lies; the headers and the runtime of kernels lie in a folder beside it.
std::string ownFolder()
{
    Dl_info info;
    if (!dladdr((void*)&build, &info)) return ".";
    std::string path = info.dli_fname;
    std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string quoted(const std::string& path) { return "'" + path + "'"; }

int run(const std::string& command) { return std::system(command.c_str()); }

// Names of the kernels in preprocessed text: what stands between "__global__ void" and "(".
std::string listKernels(const std::string& text)
{
    const char* mark = "__global__";
    std::string list;
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1))
    {
        std::size_t end = text.find('(', at);
        if (end == std::string::npos) break;
        std::istringstream words(text.substr(at + std::strlen(mark), end - at - std::strlen(mark)));
        std::string word, name;
        while (words >> word) name = word;
        list += "DISTZO_KERNEL(" + name + ") ";
    }

    return list;
}

// Compiles in a folder of its own; empty text: it does not compile.
std::string compile(Program& program, int capability, const std::string& tools, const std::string& folder)
{
    for (const auto& header : program.headers) writeFile(folder + "/" + header.first, header.second.data(), header.second.size());
    std::string source = folder + "/" + program.name, log = folder + "/log", library = folder + "/library.so";
    writeFile(source, program.source.data(), program.source.size());
    std::string common = std::string("g++ ") + Flags + " -D__CUDA_ARCH__=" + std::to_string(capability * 10) + " -I " + quoted(folder) + " -I " + quoted(tools) + " -include instructions.h ";
    std::string preprocessed = folder + "/scan";
    bool scanned = run(common + "-DDISTZO_SCAN -E -P -x c++ " + quoted(source) + " -o " + quoted(preprocessed) + " 2> " + quoted(log)) == 0;
    std::string kernels = scanned ? listKernels(readFile(preprocessed)) : "";
    std::string whole = "#include \"" + program.name + "\"\n#include \"launch.h\"\nDISTZO_KERNELS(" + (kernels.empty() ? "{}" : kernels) + ")\n";
    writeFile(folder + "/whole.cpp", whole.data(), whole.size());
    bool made = scanned
        && run(common + "-shared -o " + quoted(library) + " " + quoted(folder + "/whole.cpp") + " -x none " + quoted(tools + "/block.o") + " 2> " + quoted(log)) == 0;
    program.log = readFile(log);
    return made ? readFile(library) : "";
}
}

bool build(Program& program, int capability)
{
    std::string tools = ownFolder() + "/kernels";
    std::string all = program.name + '\0' + program.source + '\0' + Flags + '\0' + std::to_string(capability);
    for (const auto& header : program.headers) all += '\0' + header.first + '\0' + header.second;
    for (const char* file : { "/block.o", "/block.h", "/language.h", "/instructions.h", "/launch.h" }) all += readFile(tools + file);
    char name[32];
    std::snprintf(name, sizeof(name), "/%016llx.image", hashOf(all.data(), all.size()));
    std::string kept = imageFolder() + name;
    program.image = readFile(kept);
    if (!program.image.empty()) return true;

    std::string folder = imageFolder() + "/build-XXXXXX";
    if (!mkdtemp(folder.data()))
    {
        program.log = "cannot make a folder in " + imageFolder();
        return false;
    }

    std::string library = compile(program, capability, tools, folder);
    run("rm -r " + quoted(folder));
    if (library.empty()) return false;
    ImageHeader header;
    std::memcpy(header.magic, ImageMagic, 8);
    header.bytes = library.size();
    header.hash = hashOf(library.data(), library.size());
    program.image.assign((const char*)&header, sizeof(header));
    program.image += library;
    writeFile(kept, program.image.data(), program.image.size());
    return true;
}
