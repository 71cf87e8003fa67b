namespace DistZO.Runs.Tests.Reporting;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 KB")]
    [InlineData(8_686_992, "8.69 MB")]
    [InlineData(999_900_000, "1.00 GB")]
    public void Bytes_AnySize_HasThreeDigits(long bytes, string expected) => Assert.Equal(expected, Quantity.Bytes(bytes));

    [Theory]
    [InlineData(999, "999 B", "999 B")]
    [InlineData(12_649_999, "12.7 MB", "12.6 MB")]
    [InlineData(12_600_000, "12.6 MB", "12.6 MB")]
    [InlineData(1_100_000, "1.10 MB", "1.10 MB")]
    [InlineData(999_000_001, "1.00 GB", "999 MB")]
    [InlineData(9_999_999, "10.0 MB", "9.99 MB")]
    [InlineData(99_999_999, "100 MB", "99.9 MB")]
    public void Bytes_NeededAndGiven_AreRoundedTowardsTheTruth(long bytes, string needed, string given) =>
        Assert.Equal((needed, given), (Quantity.BytesNeeded(bytes), Quantity.BytesGiven(bytes)));

    [Theory]
    [InlineData(7.2, "7")]
    [InlineData(5214, "5.21k")]
    [InlineData(4_340_000, "4.34M")]
    [InlineData(175e9, "175G")]
    public void Count_AnySize_HasThreeDigits(double count, string expected) => Assert.Equal(expected, Quantity.Count(count));

    [Theory]
    [InlineData(-1, "0:00")]
    [InlineData(6.1, "0:07")]
    [InlineData(83, "1:23")]
    [InlineData(7500, "2:05:00")]
    [InlineData(273600, "3d 04:00")]
    [InlineData(double.NaN, "?")]
    public void Time_AnyLength_IsShort(double seconds, string expected) => Assert.Equal(expected, Quantity.Time(seconds));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.001, "0.001")]
    [InlineData(0.0003, "0.0003")]
    [InlineData(1.25e-6, "1.25e-6")]
    [InlineData(1e-10, "1e-10")]
    [InlineData(1e-7, "1e-7")]
    public void Small_LearningRates_ReadAsWritten(double value, string expected) => Assert.Equal(expected, Quantity.Small(value));

    [Theory]
    [InlineData(0, "0.00 µs")]
    [InlineData(12.5e-6, "12.5 µs")]
    [InlineData(0.00098, "980 µs")]
    [InlineData(0.0009996, "1.00 ms")]
    [InlineData(0.0421, "42.1 ms")]
    [InlineData(0.9996, "1.00 s")]
    [InlineData(4.214, "4.21 s")]
    [InlineData(10029, "10029 s")]
    public void Duration_AnyLength_HasThreeDigits(double seconds, string expected) => Assert.Equal(expected, Quantity.Duration(seconds));
}
