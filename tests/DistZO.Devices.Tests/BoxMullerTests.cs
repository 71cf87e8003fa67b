namespace DistZO.Devices.Tests;

public class BoxMullerTests
{
    [Fact]
    public void MinusTwoLog_EveryU_IsNeverNegativeAndClose()
    {
        Assert.Equal(0, BitConverter.SingleToInt32Bits(BoxMuller.MinusTwoLog(uint.MaxValue)));
        for (var k = 1; k < 1 << 24; k++)
        {
            var exact = -2 * Math.Log(k * Math.Pow(2, -24));
            var actual = BoxMuller.MinusTwoLog((uint)(k - 1) << 8);
            if (!(actual > 0) || Math.Abs(actual / exact - 1) > 1.4e-7) Assert.Fail($"u = {k}·2⁻²⁴: {actual:r} for {exact:r}");
        }
    }

    [Fact]
    public void SinCos_AllAngles_AreClose()
    {
        for (ulong w = 0; w < 1UL << 32; w += 509)
        {
            var turns = (float)(int)(uint)w * Math.Pow(2, -32);
            var (sin, cos) = BoxMuller.SinCos((uint)w);
            if (Math.Abs(sin - Math.Sin(2 * Math.PI * turns)) > 1.4e-7 || Math.Abs(cos - Math.Cos(2 * Math.PI * turns)) > 1.4e-7)
                Assert.Fail($"t = {turns:r}: {sin:r}, {cos:r}");
        }
    }

    /// <summary>u = 2⁻²⁴, just above, ½, just below 1, 1; t = 0, ±⅛, ±¼, ±⅜, ±½ and their neighbours.</summary>
    [Fact]
    public void Pair_AtAllEdges_IsFiniteAndClose()
    {
        uint[] us = [0, 0xFF, 0x100, 0x7FFFFF00, 0x80000000, 0xFFFFFE00, 0xFFFFFEFF, 0xFFFFFF00, uint.MaxValue];
        uint[] offsets = [0, 1, 2, 63, 64, 127, 128, 129, unchecked((uint)-1), unchecked((uint)-64), unchecked((uint)-128)];
        for (var eighth = 0u; eighth < 8; eighth++)
        {
            foreach (var w1 in offsets.Select(o => eighth * 0x20000000 + o))
            {
                foreach (var w0 in us)
                {
                    var (even, odd) = BoxMuller.Pair(w0, w1);
                    var r = Math.Sqrt(-2 * Math.Log(((w0 >> 8) + 1) * Math.Pow(2, -24)));
                    var angle = 2 * Math.PI * (float)(int)w1 * Math.Pow(2, -32);
                    Assert.InRange(even - r * Math.Cos(angle), -1.2e-6, 1.2e-6);
                    Assert.InRange(odd - r * Math.Sin(angle), -1.2e-6, 1.2e-6);
                }
            }
        }

        Assert.Equal((0f, -1f), BoxMuller.SinCos(0x80000000));
        Assert.Equal((0f, -1f), BoxMuller.SinCos(0x7FFFFFFF));
        Assert.Equal((0f, 1f), BoxMuller.SinCos(0));
    }
}
