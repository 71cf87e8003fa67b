namespace DistZO.Tests;

/// <summary>
/// Finds the reference outputs and real data that live beside the checkout, and says clearly when they are missing. Compiled into
/// every test project.
/// </summary>
internal static class Fixtures
{
    /// <summary>The folder of reference outputs: DISTZO_FIXTURES, or <c>../shared/fixtures</c> of the repository.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("DISTZO_FIXTURES") is { Length: > 0 } root ? root : Path.Combine(Shared, "fixtures");

    /// <summary>The repository that the tests were built from.</summary>
    public static string Repository
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "DistZO.sln"))) at = at.Parent;
            return at?.FullName ?? throw new InvalidOperationException("The tests must run from inside the repository.");
        }
    }

    private static string Shared => Path.GetFullPath(Path.Combine(Repository, "..", "shared"));

    /// <summary>A path under the fixtures; skips the test, by name, when it is not there.</summary>
    public static string Require(params string[] parts) => RequireExisting(Path.Combine([Root, .. parts]));

    /// <summary>A path under <c>../shared</c> (data, models, peers); skips the test, by name, when it is not there.</summary>
    public static string RequireShared(params string[] parts) => RequireExisting(Path.Combine([Path.GetDirectoryName(Root)!, .. parts]));

    private static string RequireExisting(string path)
    {
        Skip.If(!File.Exists(path) && !Directory.Exists(path), $"missing {path} (set DISTZO_FIXTURES to the folder of reference outputs)");
        return path;
    }
}
