namespace DistZO.Optimization.Tests;

public class LearningRateScheduleTests
{
    [Fact]
    public void Constant_AtAnyStep_IsTheLearningRate()
    {
        var schedule = Schedule(LearningRateShape.Constant, 0);
        Assert.All(new long[] { 0, 1, 99, 100, 1 << 20 }, t => Assert.Equal(3e-5, schedule.At(t)));
    }

    [Fact]
    public void Warmup_CountsFromZero_AndRisesInALine()
    {
        foreach (var shape in Enum.GetValues<LearningRateShape>())
        {
            var schedule = Schedule(shape, 10);
            Assert.Equal(0, schedule.At(0));
            Assert.Equal(3e-5 * 0.1, schedule.At(1));
            Assert.Equal(3e-5 * 0.9, schedule.At(9));
            Assert.Equal(3e-5, schedule.At(10));
        }
    }

    [Fact]
    public void Linear_AfterWarmup_FallsToZeroAtTheLastStep()
    {
        var schedule = Schedule(LearningRateShape.Linear, 10);
        Assert.Equal(3e-5 * (45.0 / 90), schedule.At(55));
        Assert.Equal(3e-5 * (1.0 / 90), schedule.At(99));
        Assert.Equal(0, schedule.At(100));
        Assert.Equal(0, schedule.At(1000));
    }

    [Fact]
    public void Cosine_AtAnyStep_IsTransformersUpToRounding()
    {
        var schedule = Schedule(LearningRateShape.Cosine, 10);
        for (var t = 10; t <= 100; t++)
        {
            // Transformers rounds π·progress before the cosine, so the last bits may differ; see the contract.
            var expected = 3e-5 * 0.5 * (1 + Math.Cos(Math.PI * (t - 10) / 90.0));
            Assert.Equal(expected, schedule.At(t), 1e-20);
        }

        Assert.Equal(0, schedule.At(100));
    }

    [Fact]
    public void HalfTurnCosine_OnADenseGrid_IsTheLibrarysUpToRounding()
    {
        for (var i = 0; i <= 100_000; i++)
        {
            var x = i / 100_000.0;
            // 5e-16: the roundings of π·x (times the slope), of the library and of the polynomial, each half a unit near 1.
            Assert.True(Math.Abs(HalfTurnCosine.At(x) - Math.Cos(Math.PI * x)) < 5e-16, $"x = {x}");
        }
    }

    [Fact]
    public void HalfTurnCosine_AtEdges_IsExact()
    {
        Assert.Equal(1, HalfTurnCosine.At(0));
        Assert.Equal(0, HalfTurnCosine.At(0.5));
        Assert.Equal(-1, HalfTurnCosine.At(1));
        Assert.Equal(-1, HalfTurnCosine.At(2));
    }

    [Theory]
    [InlineData(0.1, 4606741575090066687)]
    [InlineData(0.3, 4603469518431672926)]
    [InlineData(0.8, -4617909840040692567)]
    public void HalfTurnCosine_Bits_AreFrozen(double x, long bits) =>
        Assert.Equal(bits, BitConverter.DoubleToInt64Bits(HalfTurnCosine.At(x)));

    private static LearningRateSchedule Schedule(LearningRateShape shape, int warmup) => new(
        Recipe.Default.With(RecipeKeys.LrSchedulerType, shape).With(RecipeKeys.WarmupSteps, warmup)
            .With(RecipeKeys.LearningRate, 3e-5).With(RecipeKeys.MaxSteps, 100));
}
