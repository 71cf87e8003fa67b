using DistZO.Devices.Cpu.Perturbation;

namespace DistZO.Devices.Tests;

/// <summary>
/// Ten million z of one seed as a sample of the normal distribution. Each figure has mean and standard error known for independent
/// normals; it must be within 5 standard errors, which chance alone breaks once in 1.7 million figures. The seed is fixed.
/// </summary>
public unsafe class GaussianMomentsTests
{
    private const int N = 10_000_000;
    private const double Sigmas = 5;
    private static readonly Lazy<float[]> Sample = new(() =>
    {
        var z = new float[N];
        fixed (float* p = z) GaussianKernel.Fill(20260101, 1, 0, p, N);
        return z;
    });

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 0, 15)]
    [InlineData(4, 3, 96)]
    public void Gaussian_Moments_AreTheNormalOnes(int power, double mean, double variance)
    {
        var sum = 0.0;
        foreach (var z in Sample.Value)
        {
            var x = 1.0;
            for (var i = 0; i < power; i++) x *= z;
            sum += x;
        }

        Assert.InRange(sum / N - mean, -Sigmas * Math.Sqrt(variance / N), Sigmas * Math.Sqrt(variance / N));
    }

    /// <summary>P(|z| &gt; a), from tables of the normal distribution.</summary>
    [Theory]
    [InlineData(1, 0.31731050786291)]
    [InlineData(2, 0.04550026389636)]
    [InlineData(3, 0.00269979606326)]
    [InlineData(4, 6.334248366624e-5)]
    [InlineData(5, 5.733031437584e-7)]
    public void Gaussian_Tails_AreTheNormalOnes(double a, double probability)
    {
        var count = Sample.Value.Count(z => MathF.Abs(z) > a);
        var error = Math.Sqrt(N * probability * (1 - probability));
        Assert.InRange(count - N * probability, -Sigmas * error, Sigmas * error);
    }

    /// <summary>Neighbours, the two of a pair, the pairs of a block, blocks, and lanes of vectors.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(768)]
    public void Gaussian_LaggedProducts_AreUncorrelated(int lag)
    {
        var z = Sample.Value;
        double products = 0, squares = 0;
        for (var i = 0; i + lag < N; i++)
        {
            products += (double)z[i] * z[i + lag];
            squares += ((double)z[i] * z[i] - 1) * ((double)z[i + lag] * z[i + lag] - 1);
        }

        // Var(z·z') = 1, Var((z² − 1)(z'² − 1)) = 4. Terms of a lag overlap, but are uncorrelated.
        Assert.InRange(products / N, -Sigmas / Math.Sqrt(N), Sigmas / Math.Sqrt(N));
        Assert.InRange(squares / N, -2 * Sigmas / Math.Sqrt(N), 2 * Sigmas / Math.Sqrt(N));
    }

    /// <summary>Other seeds (also of one bit's difference), and other tensors, are other samples.</summary>
    [Theory]
    [InlineData(20260101UL, 2u)]
    [InlineData(20260100UL, 1u)]
    [InlineData(20260101UL ^ (1UL << 63), 1u)]
    public void Gaussian_OtherSeedOrTensor_IsUncorrelated(ulong seed, uint ordinal)
    {
        const int M = 1_000_000;
        var other = new float[M];
        fixed (float* p = other) GaussianKernel.Fill(seed, ordinal, 0, p, M);
        var products = other.Zip(Sample.Value).Sum(pair => (double)pair.First * pair.Second);
        Assert.InRange(products / M, -Sigmas / Math.Sqrt(M), Sigmas / Math.Sqrt(M));
    }
}
