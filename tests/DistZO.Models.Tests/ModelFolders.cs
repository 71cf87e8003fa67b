namespace DistZO.Models.Tests;

/// <summary>The model directories that tests read.</summary>
internal static class ModelFolders
{
    /// <summary>A tiny random OPT with its reference outputs; in the repository, so always there.</summary>
    public static string Opt { get; } = Path.Combine(Fixtures.Repository, "tests", "DistZO.Models.Tests", "Data", "opt");

    /// <summary>That one and every folder of the reference outputs. Listed, not named, so that others can take their place.</summary>
    public static TheoryData<string> All
    {
        get
        {
            var folders = new TheoryData<string> { Opt };
            var root = Path.Combine(Fixtures.Root, "models");
            if (Directory.Exists(root))
            {
                foreach (var folder in Directory.GetDirectories(root).Order(StringComparer.Ordinal)) folders.Add(folder);
            }

            return folders;
        }
    }
}
