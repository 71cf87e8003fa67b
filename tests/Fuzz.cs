namespace DistZO.Tests;

/// <summary>
/// Seeded damage for tests of parsers. Such a test has the trait Category=Fuzz; the environment variable DISTZO_FUZZ_ROUNDS makes
/// it run longer. Compiled into every test project.
/// </summary>
internal static class Fuzz
{
    /// <summary>How many inputs to try.</summary>
    public static int Rounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("DISTZO_FUZZ_ROUNDS"), out var rounds) ? rounds : 2000;

    /// <summary>A copy with a few bytes changed within the first <paramref name="within"/>, and now and then cut short.</summary>
    public static byte[] Mutate(Random random, byte[] sound, int within)
    {
        var bytes = (byte[])sound.Clone();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(within);
            bytes[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[at] ^ (1 << random.Next(8))),
                _ => sound[random.Next(within)], // another byte of the input is more often a token that means something
            };
        }

        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
