using System.Reflection;

namespace DistZO.Devices.Cuda;

/// <summary>The kernels' sources, which travel inside of the program.</summary>
internal static class KernelSources
{
    /// <summary>Names of the files that are compiled, each by itself.</summary>
    public static IReadOnlyList<string> Programs { get; } = Names(".cu");

    /// <summary>Names of the files that those include.</summary>
    public static IReadOnlyList<string> Headers { get; } = Names(".cuh");

    /// <summary>A file's text.</summary>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static List<string> Names(string ending) =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.EndsWith(ending, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
