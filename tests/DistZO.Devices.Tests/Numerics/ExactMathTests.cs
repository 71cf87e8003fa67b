namespace DistZO.Devices.Tests;

public class ExactMathTests
{
    // Math.Exp and Math.Log are themselves within 1 unit in the last place of the true value, ours within 1.
    private const long Tolerance = 2;

    private static long Distance(double a, double b) =>
        Math.Abs(Ordered(a) - Ordered(b));

    /// <summary>Numbers the doubles in ascending order.</summary>
    private static long Ordered(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits < 0 ? long.MinValue - bits : bits;
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0.0)]
    [InlineData(709.7827128933841, double.PositiveInfinity)]
    [InlineData(-745.1332191019411, double.Epsilon)]
    [InlineData(-745.1332191019412, 0.0)]
    [InlineData(double.Epsilon, 1.0)]
    public void Exp_Edges_AreExact(double x, double expected) => Assert.Equal(expected, ExactMath.Exp(x));

    [Theory]
    [InlineData(1.0, 0.0)]
    [InlineData(0.0, double.NegativeInfinity)]
    [InlineData(-1.0, double.NaN)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.NegativeInfinity, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void Log_Edges_AreExact(double x, double expected) => Assert.Equal(expected, ExactMath.Log(x));

    [Fact]
    public void Exp_OverItsRange_AgreesWithTheSystem()
    {
        var random = new Random(1);
        for (int i = 0; i < 300_000; i++)
        {
            double x = i % 3 == 0 ? random.NextDouble() * 2 - 1 : random.NextDouble() * 1460 - 750;
            if (i % 7 == 0) x *= Math.ScaleB(1, -random.Next(60));
            Assert.True(Distance(Math.Exp(x), ExactMath.Exp(x)) <= Tolerance, $"{x:R}");
        }
        Assert.True(Distance(double.MaxValue, ExactMath.Exp(709.782712893384)) < 1 << 10);
    }

    [Fact]
    public void Log_OverItsRange_AgreesWithTheSystem()
    {
        var random = new Random(2);
        for (int i = 0; i < 300_000; i++)
        {
            double x = (i % 4) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64(1, 0x7FF0000000000000)),
                1 => 0.5 + random.NextDouble(),
                2 => 1 + (random.NextDouble() - 0.5) * Math.ScaleB(1, -random.Next(52)),
                _ => random.NextDouble() * 1e6,
            };
            Assert.True(Distance(Math.Log(x), ExactMath.Log(x)) <= Tolerance, $"{x:R}");
        }
    }

    // Worked out in arbitrary precision, then rounded once.
    [Theory]
    [InlineData(2.0, 0.6931471805599453)]
    [InlineData(10.0, 2.302585092994046)]
    [InlineData(double.Epsilon, -744.4400719213812)]
    [InlineData(double.MaxValue, 709.782712893384)]
    public void Log_KnownValues_AreTheNearestDouble(double x, double expected) => Assert.Equal(expected, ExactMath.Log(x));

    [Theory]
    [InlineData(1.0, 2.718281828459045)]
    [InlineData(-1.0, 0.36787944117144233)]
    [InlineData(0.5, 1.6487212707001282)]
    [InlineData(-20.0, 2.061153622438558E-09)]
    public void Exp_KnownValues_AreTheNearestDouble(double x, double expected) => Assert.Equal(expected, ExactMath.Exp(x));

    [Fact]
    public void SinCos_OverItsRange_AgreesWithTheSystem()
    {
        var random = new Random(3);
        for (int i = 0; i < 300_000; i++)
        {
            double x = (2 * random.NextDouble() - 1) * (i % 3 == 0 ? 1e6 : 200);
            if (i % 7 == 0) x = (float)(random.Next(600_000) * (Math.PI / 2));
            var (sin, cos) = ExactMath.SinCos(x);
            Assert.Equal(Math.Sin(x), sin, 4e-16);
            Assert.Equal(Math.Cos(x), cos, 4e-16);
        }
    }
}
