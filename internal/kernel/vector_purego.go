package kernel

// assembly reports whether this binary has kernels in assembly.
const assembly = false

func axpy(y, x []float32, a float32)    { axpyGeneric(y, x, a) }
func scale(dst, x []float32, a float32) { scaleGeneric(dst, x, a) }
func add(dst, x, y []float32)           { addGeneric(dst, x, y) }
func mul(dst, x, y []float32)           { mulGeneric(dst, x, y) }
func mulAdd(dst, x, y []float32)        { mulAddGeneric(dst, x, y) }

func exp(dst, x []float32)       { expGeneric(dst, x) }
func tanh(dst, x []float32)      { tanhGeneric(dst, x) }
func sigmoid(dst, x []float32)   { sigmoidGeneric(dst, x) }
func silu(dst, x []float32)      { siluGeneric(dst, x) }
func gelu(dst, x []float32)      { geluGeneric(dst, x) }
func geluTanh(dst, x []float32)  { geluTanhGeneric(dst, x) }
func quickGELU(dst, x []float32) { quickGELUGeneric(dst, x) }
func relu(dst, x []float32)      { reluGeneric(dst, x) }

func siluMul(dst, x, y []float32)     { siluMulGeneric(dst, x, y) }
func geluMul(dst, x, y []float32)     { geluMulGeneric(dst, x, y) }
func geluTanhMul(dst, x, y []float32) { geluTanhMulGeneric(dst, x, y) }

func tanhGrad(dx, x, dy []float32)      { tanhGradGeneric(dx, x, dy) }
func sigmoidGrad(dx, x, dy []float32)   { sigmoidGradGeneric(dx, x, dy) }
func siluGrad(dx, x, dy []float32)      { siluGradGeneric(dx, x, dy) }
func geluGrad(dx, x, dy []float32)      { geluGradGeneric(dx, x, dy) }
func geluTanhGrad(dx, x, dy []float32)  { geluTanhGradGeneric(dx, x, dy) }
func quickGELUGrad(dx, x, dy []float32) { quickGELUGradGeneric(dx, x, dy) }
func reluGrad(dx, x, dy []float32)      { reluGradGeneric(dx, x, dy) }

func dotLanes(l *lanes, x, y []float32) float32 { return dotLanesGeneric(l, x, y) }
func sumLanes(l *lanes, x []float32) float32    { return sumLanesGeneric(l, x) }
func maxLanes(l *lanes, x []float32) float32    { return maxLanesGeneric(l, x) }

func sumSquareDevLanes(l *lanes, x []float32, mean float32) float32 {
	return sumSquareDevLanesGeneric(l, x, mean)
}

func maxScaledLanes(l *lanes, x []float32, scale float32) float32 {
	return maxScaledLanesGeneric(l, x, scale)
}

func expSumLanes(l *lanes, dst, x []float32, scale, top float32) float32 {
	return expSumLanesGeneric(l, dst, x, scale, top)
}

func norm(dst, x []float32, mean, rstd float32)          { normGeneric(dst, x, mean, rstd) }
func normWeight(dst, x, w []float32, mean, rstd float32) { normWeightGeneric(dst, x, w, mean, rstd) }

func normWeightBias(dst, x, w, b []float32, mean, rstd float32) {
	normWeightBiasGeneric(dst, x, w, b, mean, rstd)
}

func rope(a, b, cos, sin []float32)   { ropeGeneric(a, b, cos, sin) }
func ropePairs(x, cos, sin []float32) { ropePairsGeneric(x, cos, sin) }

func gemm(c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	gemmGeneric(c, ldc, a, lda, b, stride, m, n, k, accumulate)
}

func f16ToF32(dst []float32, src []uint16)  { f16ToF32Generic(dst, src) }
func bf16ToF32(dst []float32, src []uint16) { bf16ToF32Generic(dst, src) }
func f32ToF16(dst []uint16, src []float32)  { f32ToF16Generic(dst, src) }
func f32ToBF16(dst []uint16, src []float32) { f32ToBF16Generic(dst, src) }
